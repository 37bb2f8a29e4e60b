"""The French wordings by which a recording notice is recognised; texts come without accents, case or commas.

Only PROPER_NAME needs the text as written, since a name begins with a capital.
"""

from __future__ import annotations

import re

CALL = r"(?:appels?|conversations?|echanges?|communications?|entretiens?|discussions?|dialogues?)"
WHICH = r"(?:cet|cette|ces|votre|vos|notre|nos|l'|le|la|les|present|presente|certains|certaines|tous les|tout)"
# What may stand between "cet appel" and its verb: anything but a new subject ("suite à cet appel, votre adresse est…").
_DETERMINER = r"(?:la|le|les|l'|nos|notre|vos|votre|un|une)"
_BETWEEN = (
    rf"(?:\s(?:(?:avec|a|au|aux|de|du|par|que|entre|chez|pour)\s(?:{_DETERMINER}\s?)?[\w{{}}-]+"
    rf"|(?!(?:{_DETERMINER}|nous|vous|ils?|elles?|on)\b)[\w'{{}}-]+)){{0,8}}?"
)
# "enregistré dans le cadre de …", "avec votre accord": how and why; "dans votre dossier", "sous le numéro 12": a file.
_NO_FILE = r"(?!\s(?:cadre|but|souci|objectif|accord|consentement)\b)"
RECORDED = re.compile(
    rf"\b{WHICH}\s?(?:present |presente )?{CALL}{_BETWEEN}"
    r"\s(?:d')?(?:est|sont|sera|seront|etre|va etre)\s(?:\w+\s){0,2}?(?:enregistre(?:e|s|es)?|sous enregistrement)\b"
    rf"(?!\s(?:sous|avec|dans)\s(?:le|la|un|votre|vos)\b{_NO_FILE})"
    rf"|\b{WHICH}\s?{CALL}\b[^.]{{0,30}}\bfai(?:t|re|sant)\b[^.]{{0,20}}\benregistrement"
    rf"|\b(?:nous|on|je)\s?(?:\w+\s){{0,2}}?enregistr(?:ons|e|erons|era|erai)\s(?:\w+\s){{0,2}}?(?:{WHICH}\s?)?{CALL}\b"
    rf"|\bl'enregistrement (?:de |d')?{WHICH}\s?{CALL}\b"
    r"(?=[^.]*\b(?:(?:est|sera)\s(?!detruit|efface|supprime|arrete|interrompu|termine|coupe)|permet|sert|commence|demarre)\b)"
    r"|\bvous (?:etes|serez|pouvez etre|pourrez etre) (?:\w+ )?enregistre(?:e|s|es)?\b"
    r"(?!\s(?:dans|sous|avec|comme|aupres|sur)\b)"
)
NEGATED = re.compile(r"\b(?:ne|n'|pas|plus|jamais)\b")

RECORDING_WORD = re.compile(r"\benregistr")
QUALITY = (
    r"(?:qualite|ameliorer|amelioration|former|formation|formons|evaluer|evaluation|preuve|prouver|litiges?|"
    r"controle interne|la loi|lois?|legale?s?|reglementaire|reglementation|obligations?)"
)
PURPOSE = re.compile(
    rf"\b(?:pour|afin d[e']|en vue d[e']|aux? fins? d[e']|a des fins|dans le but d[e']|"
    r"dans un (?:souci|but|objectif) d[e']|destinee?s? a|sert a|servent a|"
    rf"dans le cadre d[e'u]|au titre d[e'u]|en application d[e'u])[^.]{{0,70}}?\b{QUALITY}\b"
    r"|\b(?:comme|ainsi que) (?:la loi|le code|la reglementation|le reglement)\b"
    r"|\bla loi (?:nous )?(?:l'|y )?(?:impose|oblige|demande|exige|prevoit)"
    r"|\b(?:obligation legale|conformement a la (?:loi|reglementation)|exige par la loi|impose par la loi)\b"
)

RIGHT = re.compile(
    r"\b(?:pouvez|pourrez|possibilite|faculte|libre|droit)\b[^.]{0,40}?"
    r"(?:\bvous (?:y )?opposer\b|\bvous en opposer\b|\b(?:de )?(?:le |la |l')?refuser\b|\bdire non\b|\bd'opposition\b|"
    r"\b(?:arreter|stopper|interrompre|couper|faire cesser|faire arreter)\b|\bl'arret\b)"
    r"|\bvous ne (?:le )?(?:souhaitez|voulez|desirez) pas etre enregistre"
    r"|\bsi vous\b[^.]{0,30}?\b(?:n'(?:y )?(?:acceptez|consentez)|ne le (?:souhaitez|voulez|desirez)|"
    r"ne (?:souhaitez|voulez|desirez) pas"
    r"(?=$|\s(?:que|etre enregistr|(?:cet |l'|d')enregistr|dites|tapez|merci|appuyez|il ))|"
    r"refusez|vous (?:y )?opposez|etes contre|"
    r"preferez ne pas|(?:souhaitez|voulez|desirez) (?:vous (?:y )?opposer|(?:le |l')?refuser|(?:l')?arreter|ne pas))"
    r"|\bpour (?:vous (?:y )?opposer|(?:le |l'|la )?refuser|(?:l')?arreter|dire non|ne pas (?:l')?etre enregistr)"
    r"|\bsi la personne\b[^.]{0,30}?\b(?:s'y? ?oppose|refuse|n'accepte|ne (?:souhaite|veut))"
    r"|\bde refus\b|\ben cas (?:de refus|d'opposition)"
)
NO_RIGHT = re.compile(
    r"\b(?:ne pouvez|ne pourrez|n'avez)\b[^.]{0,20}\b(?:opposer|refuser|arreter|droit)|\bpas le droit\b"
    r"|\brenonc(?:ez|er|iez)\b"
    # "sans effet sur vos garanties" denies nothing.
    r"|\b(?:sans |aucun |pas d')(?:aucun )?effet\b(?! sur)"
)
# An objection to something else than the recording.
OTHER_OBJECT = re.compile(
    r"\b(?:oppos(?:er|ez|e)|opposition) (?:a |au |aux |a la |a l')(?!(?:\w+\s|l'|d')?(?:enregistr|ecoute|tout moment|"
    rf"{CALL}))"
    r"|\brefuser (?:le |la |les |l'|de |d'|cette |ce |cet |nos |vos |notre |votre |une? )"
    r"(?!\s?(?:enregistr|appel|\w+ enregistr|etre enregistr))"
    r"|\b(?:arreter|stopper|interrompre|couper) (?:le |la |les |l'|vos |votre )(?!\s?(?:enregistr|appel|conversation))"
)
REFUSAL_OF_RECORDING = re.compile(
    r"\b(?:refus\w*|oppos\w*|arret\w*|stopp\w*)\b[^.]{0,30}\benregistrement|\bne (?:pas )?\w*[^.]{0,30}\betre enregistr"
)
# "dites-nous la raison de votre appel" is no way to object.
_SAY = r"dites(?!(?:-nous|-moi)? (?:la raison|pourquoi|votre|vos|quel|quand|comment|en quelques))"
HOW = re.compile(
    rf"\b(?:{_SAY}|redites|repondez|prononcez|tapez|appuyez|pressez|composez|faites (?:le|la|non|\d|etoile|diese)|"
    r"signalez|indiquez|demandez|prevenez|informez|ecrivez|envoyez|faites[ -](?:le|nous))\b"
    r"|\ben (?:le |nous le |l')?(?:disant|tapant|appuyant|pressant|composant|demandant|signalant|indiquant|ecrivant)\b"
    r"|\b(?:en )?(?:nous )?(?:le |l')(?:dire|signaler|indiquer|demander)\b"
    r"|\bil suffit d[e']|\bpar simple demande|\bsur simple demande|\b(?:la )?touche (?:\d|etoile|diese|neuf|zero|\*|#)|"
    r"\baupres (?:de|du) (?:votre|notre|conseiller)"
)
# "pour parler à un conseiller, tapez 1" tells how to do something else.
OTHER_PURPOSE = re.compile(
    r"(?<!enregistre )(?<!enregistree )\b(?:pour|si vous (?:souhaitez|voulez|desirez))\s"
    r"(?!vous (?:y )?oppos|(?:le |la |l')?refus|(?:l')?arret|cela|ca\b|ne pas|dire non|stopp|interrompre|que )"
    r"[^.]{0,60}?\b(?:tapez|dites|appuyez|composez|pressez|faites|demandez)\b"
    r"[^.]{0,30}?(?=\bou\b|\bet\b|$)"
)
HOW_FIRST = re.compile(
    r"^(?:(?:pour (?:cela|ce faire)|dans ce cas|alors|si c'est le cas|a tout moment|il|vous)\b[^.]{0,20})?"
    rf"(?:{_SAY}|tapez|appuyez|pressez|composez|faites|il suffit|suffit|demandez|signalez|prevenez|indiquez|"
    r"pouvez (?:nous )?le (?:dire|demander))"
)
# The next way to object, after a sentence that names the right or another way.
HOW_GOES_ON = re.compile(rf"{HOW_FIRST.pattern}|^(?:ou|sinon|autrement|vous pouvez aussi)\b|^(?:la |le )?touche\b")

FULL_NOTICE = re.compile(
    r"\b(?:informations?|en savoir plus|savoir plus|tout savoir|details?|detailles?|detaillees?|politique|mentions|"
    r"vos droits|notice|donnees personnelles|protection des donnees|confidentialite|le reste|la suite|conditions)\b"
)
PLACE = re.compile(
    r"\b(?:sites?|internet|www|web|en ligne|espace (?:adherent|personnel|client|assure)|point fr|courrier|par ecrit|"
    r"brochure|contrat|conditions generales)\b|\.fr\b|\.com\b|\.org\b"
    r"|\b(?:tapez|appuyez|pressez|composez|dites|demandez|ecrivez)\b|\btouche\b"
)

COMMERCIAL = re.compile(
    r"\b(?:appel|demarche|but|objet|objectif|caractere|nature|fins?|raison|offre|proposition|prospection|motif)\b"
    r"[^.]{0,15}\bcommercia(?:l|le|les|ux)\b"
    r"|\bpour vous (?:proposer|presenter|vendre|offrir|faire (?:une offre|decouvrir|souscrire))\b"
    r"|\b(?:vous (?:proposer|presenter|vendre))\b[^.]{0,30}\b(?:offres?|contrats?|complementaires?|garanties?|mutuelle|"
    r"assurances?|couvertures?|formules?)\b"
)
# "ceci n'est pas un appel commercial", "sans but commercial", "ne vous appelle pas pour vous vendre un contrat".
NOT_COMMERCIAL = re.compile(
    r"\b(?:pas|jamais|aucune?|sans|ni)\s(?:[\w'-]+\s){0,4}?"
    r"(?:commercia(?:l|le|les|ux)|vous (?:proposer|presenter|vendre|offrir))\b|\bnon commercia(?:l|le|les|ux)\b"
)

AI = re.compile(
    r"\b(?:assistante?|agente?|systeme|serveur|conseillere?|interlocut(?:eur|rice)|operat(?:eur|rice)|standard|service)\s"
    r"(?:\w+\s){0,1}?(?:automati(?:que|se|see)|virtuel(?:le)?|artificiel(?:le)?|numerique)\b"
    r"|\b(?:intelligence artificielle|robot|voicebot|automate|(?:assistante?|serveur) vocale?|"
    r"voix (?:de synthese|synthetique|artificielle|automati(?:que|see)))\b"
)
NOT_AI = re.compile(
    r"\b(?:pas|non|ni|aucun|jamais|sans) (?:\w+ )?(?:(?:a )?une? |l')?(?:robot|automate|assistant|intelligence)"
)


NAME = r"(?!(?:CNIL|RGPD|Internet|France|Monsieur|Madame|Dites|Tapez|Bonjour|Vous|Nous|Cet|Votre)\b)[A-ZÀ-Ý][\wÀ-ÿ&'-]+"
PROPER_NAME = re.compile(
    rf"\b(?:[Mm]utuelle|[Gg]roupe|[Ss]ociété|[Cc]abinet|[Aa]ssurances?|[Ii]nstitution|[Cc]aisse|[Cc]ourtier)\s{NAME}"
    rf"|(?<!\w)(?:[Ii]ci|chez|par|au nom de|pour le compte de|de la part de|(?:assistant\w*|service|conseill\w+)"
    rf"(?:\s\w+)?\sd[eu])\s(?:la\s|le\s|l')?{NAME}"
    r"|(?<!^)(?<![.!?]\s)\b(?!Votre|Notre|La|Cette|Une)[A-ZÀ-Ý][\wÀ-ÿ&-]+\s(?:[Mm]utuelle|[Aa]ssurances?|[Pp]révoyance|[Ss]anté)\b"
)


WHO = re.compile(
    r"\b(?:assistante?|conseill(?:er|ere)|charge\w*|collabora\w+|represent\w+|courti\w+|agente?|salarie\w*|mandatee?s?|"
    r"partenaire|teleconseill\w+|service|robot)\b[^.]{0,50}?\b(?:de|du|des|pour|chez|par|aupres)\b|\b(?:pour le compte|"
    r"au nom|de la part|mandatee?s?) (?:de|du|d'|des|par)\b"
)
SAYS_WHO = re.compile(
    r"\b(?:vous parlez (?:a|avec)|je suis|ici|je m'appelle|nous sommes|c'est|qui vous appelle|vous appelle|"
    r"je vous (?:appelle|contacte)|vous etes en (?:ligne|relation) avec)\b"
)


KEY_NAMES = {
    "zero": "0", "un": "1", "deux": "2", "trois": "3", "quatre": "4", "cinq": "5", "six": "6", "sept": "7",
    "huit": "8", "neuf": "9", "etoile": "*", "diese": "#",
}  # fmt: skip
_KEY_NAME = rf"(?:\d(?!\d)|\*|#|{'|'.join(KEY_NAMES)})(?!\w)"
# "faites un courrier" names no key.
_NO_ARTICLE = r"(?!un\s(?!ou\b|et\b|pour\b|si\b|a\b))"
KEY = re.compile(
    r"\b(?:touche|bouton|tapez|taper|appuyez|appuyer|pressez|presser|composez|composer|faites|faire"
    r"|selectionnez|selectionner|choisissez|choisir|validez|valider|touchez|toucher|enfoncez|enfoncer"
    r"|en (?:tapant|appuyant|pressant|composant|faisant|selectionnant|choisissant)|avec(?=\s(?:le|la)\s)|par la touche)"
    r"(?:\sdonc|\salors|\ssimplement|\slonguement|\sbrievement)?\s(?:sur\s|par\s|avec\s)?(?:le\s|la\s|l')?"
    r"(?:touche\s|bouton\s)?(?:du\s|de\sl')?"
    r"(?:numero\s|chiffre\s|(?:un|deux|trois) fois (?:sur )?(?:le )?)?(?:' ?)?"
    rf"{_NO_ARTICLE}({_KEY_NAME})"
    rf"|\b(?:le|la)\s({_KEY_NAME})(?=\s(?:du|de votre|sur votre|sur le)\s(?:clavier|telephone))"
)
ANOTHER_KEY = re.compile(rf"(?: ')?\s(?:ou|et)\s(?:sur\s)?(?:le\s|la\s|l')?{_NO_ARTICLE}({_KEY_NAME})")
"""A second key, named right behind the first."""
