"""The small grammar of asking: where clauses end, what fills them, and how words lie around a place. Pure.

Texts are levelled (ivr.domain.text.plain_text). The wordings that a house may change are in config/phrases.
"""

from __future__ import annotations

import re

CLAUSE_END = re.compile(
    r"[,;:()«»\"“”]| (?:mais|car|parce que|puis|alors|donc|sinon|en revanche|par contre)(?= )"
    r"| et (?=(?:il|j|je|vous|nous|on|donnez|dites|dictez|lisez|merci|pouvez|quel|quelle|votre|la|le|les)\b)"
)
FILLER = re.compile(
    r"(?:(?:et|alors|donc|ok|bon|bien|tres bien|parfait|super|d accord|entendu|oui|non|euh|heu|hum|ah|oh|eh|juste"
    r"|puis|ensuite"
    r"|maintenant|enfin|sinon|aussi|merci|voila|bonjour|allo|madame|monsieur|tenez|la|c est parti|c est note"
    r"|apres|du coup"
    r"|seulement|simplement|egalement|ou|dernier point|derniere question|premiere question|question suivante"
    r"|au fait|rebonjour"
    r"|pour commencer|pour finir|pour terminer|d abord|tout d abord|et pour finir|par contre|meme|uniquement"
    r"|rien que|plus|tant qu (?:on|j|nous) y (?:est|suis|sommes)|pendant que (?:j y pense|je vous ai"
    r"|je vous tiens)|au passage"
    r"|\d+|etape|question|agent|cote|pour|de|du|des|d|avec|en|q|svp|s il vous plait)\b[ ,.:!]*)*"
)
DETERMINER = re.compile(
    r"(?:votre|vos|ton|ta|tes|le|la|les|l|un|une|ces|ce|cette|chaque|son|sa|ses|numero|meme|tous|toutes|nouveau"
    r"|nouvelle|\w+ \w+ (?:de|du|d))\b ?"
)
VERB = re.compile(
    r"\b(?:est|sont|a|ont|sera|seront|aura|auront|etait|etaient|avait|avaient|doit|doivent|peut|peuvent|va|vont"
    r"|reste|restent|figure"
    r"|figurent|se|s|ne|n|permet|sert|vient|change|arrive|commence|contient|comporte|suffit|faut|fait|font"
    r"|convien(?:t|nent)|apparait|apparaissent|compte(?= \w+ (?:\w+ )?(?:caracteres|chiffres|lettres))"
    r"|correspond|expire|devra|pourra|dure|coute|marche|fonctionne|parvient|demande|interesse|suis|avons|avez"
    r"|etes|sommes|vaut|reviendra|arrivera|ete|etre|avoir|ai|lu|vu|pris"
    r"|\w{3,}(?:ons|ez|ra|ront|rait|ait|aient|rai))\b"
)
RESUMES = re.compile(
    r"\b(?:le|la|les|l|en|y|ca|cela|lequel|laquelle|lesquels|numero|chiffres?|code|suite|ecoute|note|c est|moi"
    r"|allez y|vas y)\b"
)
AIM = re.compile(r" ?[,:]? ?(?:(?:juste|c est|histoire|comme ca) )*(?:pour|afin|que je|de|comme ca|ca ira|et)\b")
BACK = re.compile(
    r"\b(?:(?:me|m|nous) (?:le|la|les|l)\b|(?:le|la|les) (?:me|moi|nous|lui)\b|(?:le|la|les|l|quel"
    r"|quels) (?:numeros?|chiffres?|codes?|suite|debut|fin|lettres?"
    r"|nouveau|bon|date|dos|tout|complet|derniers?|premiers?)\b|la suite|^ ?(?:\w+ ,? ?){0,2}numeros? \?"
    r"|laquelle|lequel|vous (?:le|la|les) (?:donnez|lisez"
    r"|dictez|dites|epelez|repetez)"
    r"|(?:je|j) (?:vous )?(?:ecoute|note|prends)\b|en entier|(?:pouvez|pourriez|peux) (?:vous |tu )?(?:me "
    r"|m )?(?:le|la|les|l) )"
)
# Between an act and its object: words that give the act another object.
OTHER_OBJECT = re.compile(
    r"\b(?:si|comment|pourquoi|quand|ou|ce qu[ei]?(?! (?:y )?(?:est|figure|vous (?:voyez|lisez|avez sous)))"
    r"|concernant|a propos|au sujet|sujet|date|jour|motif|raison|cause|instant|minutes?"
    r"|secondes?|avis|accord|probleme|procedure|lien|courrier|changement|message|moment|heure|que (?!vous me"
    r"|je note|j ai))\b"
)
HAVE = frozenset(
    {"avez", "as", "vous", "tu", "auriez", "aviez", "avais", "connaissez", "connais", "voyez", "trouvez", "retrouvez"}
)
DENIED_HERE = re.compile(r"\b(?:pas|ni|jamais|aucune?|non) (?:(?:de|d|du|votre|vos|le|la|les|l|un|une|ton|ta) )?$")
OWN_QUESTION_WORDS_MAX = 9
UNMARKED_QUESTION_WORDS_MAX = 14
#: How long "le numéro" may mean what was spoken of before.
REMEMBERED_SENTENCES = 2
VOTE_WORDS_MIN = 4
#: How far behind a thing the passive stands that asks for it.
PASSIVE_WORDS_MAX = 8
NEAR_NEGATION = 5
FREE_DIGITS_MAX = 10  # ASK-004
COUNTS = {
    "trois": 3, "treize": 13, "quinze": 15, "seize": 16, "onze": 11, "douze": 12, "quatorze": 14, "dix sept": 17,
    "dix neuf": 19, "vingt trois": 23, "vingt sept": 27, "vingt": 20,
}  # fmt: skip
DIGITS = re.compile(
    r"\b(?P<count>\d{1,2}|"
    + "|".join(sorted(COUNTS, key=len, reverse=True))
    + r")(?: (?:petits?|derniers?|premiers?|seuls?))?"
    r" (?:chiffres|caracteres|numeros|touches)\b"
)
ALLOWED_KEYS = re.compile(
    r"\b(?:code postal|departement|adherent|contrat|telephone|portable|naissance|poste|dossier|rappel|mobile|menu)\b"
)
#: Of a CVV: fewer than any other forbidden number has.
CVV_DIGITS = 3


LISTED = re.compile(r"(?:,| et| ainsi que| puis| plus) (?:(?:le|la|les|l|votre|vos|un|une|aussi) )*$")


OPENS_QUESTION = re.compile(
    r"(?:(?:et|alors|donc|bon|ok|bonjour|tres bien|d accord|euh) )*(?:est ce que|pouvez vous|pourriez vous"
    r"|avez vous|auriez vous|quel|quelle|quels|quelles|c est quoi|vous avez|vous auriez|peux tu|tu as"
    r"|connaissez vous)\b"
)


def forbidden_key_count(count: int) -> bool:
    """Say whether a menu that collects so many digits collects a NIR, a card, an IBAN or a CVV (ASK-004)."""
    return count == CVV_DIGITS or count > FREE_DIGITS_MAX


def ends(text: str) -> bool:
    return text.rstrip().endswith((".", "!", "?", "…"))


_OURS = re.compile(r"\b(?:votre|vos|donnez|dites|vous me)\b")


def ours(text: str) -> bool:
    """Say whether first person words stand beside our own asking ("pour mon dossier, donnez-moi…")."""
    return bool(_OURS.search(text))


def breaks(text: str, start: int, end: int) -> bool:
    return bool(CLAUSE_END.search(text[start:end]))


def words_back(text: str, at: int, count: int) -> int:
    """Return where the `count` words before the one at `at` begin, as a place in `text`; 0 when there are fewer."""
    for _ in range(count + 1):
        found = text.rfind(" ", 0, max(0, at - 1))
        if found < 0:
            return 0
        at = found
    return at


def words_on(text: str, at: int, count: int) -> int:
    """Return where the `count`th word from `at` on ends, as a place in `text`; its length when there are fewer."""
    for _ in range(count):
        found = text.find(" ", at + 1)
        if found < 0:
            return len(text)
        at = found
    return at


def ends_soon(text: str, at: int) -> bool:
    return len(re.findall(r"\w+", text[at:])) <= 1


OBJECT = re.compile(
    r" ?(?:votre|vos|ton|ta|tes|un|une|le|la|les|l|a|au|aux|dans|que|de|d)\b(?! (?:numeros?|chiffres?|suite|code"
    r"|bon|nouveau|complet|dos|(?:nouvelles? )?(?:references|coordonnees))\b)"
)


def own_object(text: str, at: int) -> bool:
    """Say whether an act has an object of its own right after it, so that an earlier thing is not what it asks for."""
    return bool(OBJECT.match(text, at))


def short(text: str) -> bool:
    """Say whether speech without punctuation is as short as questions are; whether it rose is not written."""
    return len(text.split()) <= UNMARKED_QUESTION_WORDS_MAX


# A participle right behind a thing says which one is meant; behind an auxiliary it tells what became of it.
PARTICIPLE = re.compile(
    r"(?:figurant|correspondant|commencant|contenu|associe|apparaissant|affiche|presente?"
    r"|inscri|impri?me|indique|recu|communique|transmis|envoye|utilise|enregistre|choisi|joint|masque|active"
    r"|utilise|declare"
    r"|depose|prelev|imprime|note|fourni|donne|souscri|trouve)(?:e|es|s|t|te|ts|tes)?"
)
AUXILIARY = re.compile(
    r"\b(?:est|sont|a|ont|ete|etait|etaient|avez|avons|ai|as|aviez|avait|sera|seront|soit|serait|etre|avoir"
    r"|vient|bien|deja"
    r"|nous|vous|l|se) $"
)

#: Nothing but an invitation to speak: it asks for what was spoken of just before.
RELATIVE_CLAUSE = re.compile(
    r"^ (?:qui|que|qu|ou|dont) (?:(?:vous|on|nous|je|j|tu|l|le|la|les|me|m|y) )*\w+(?: (?:d|de) \w+)?"
    r"(?: \w+(?:e|es|u|us|i|is|it)\b)?"
)
INVITATION = re.compile(
    r"(?:(?:et|alors|bon|ok|donc|d accord|parfait|oui|tres bien) ,? ?)*(?:allez y|vas y|je vous ecoute"
    r"|dites moi(?: tout)?"
    r"|c est a vous|je note|dites)(?: madame| monsieur| quand vous voulez)?[ .!?…]*"
)
#: A part of a number, put to the person for confirmation.
PART_SAID = re.compile(
    r"\b(?:se |qui )?(?:termin|fini|commenc|debut)\w*(?: toujours| bien| donc)? (?:bien )?(?:par|en)\b"
)
RELATIVE = re.compile(
    r"\b(?:que|qu) (?:vous|on|nous|je|tu|j)(?: vous| t)? (?:(?:avez|a|avons|ai|as|viens d|venez de|vient de"
    r"|venons de|allez|avais"
    r"|aviez) )?(?:bien |deja )?$"
)
#: A choice in a menu ("tapez 2", "dites « cotisations »"), which asks for nothing but the choice.
MENU_CHOICE = re.compile(
    r" (?:sur )?(?:la touche |le )?(?:\d(?! ?\d)|un|deux|trois|quatre|cinq|six|sept|huit|neuf|zero|etoile|diese"
    r"|[«\"“])(?!\w| chiffres)"
)
#: What happens to a thing: "un changement de RIB ?" asks about the change.
ACTION_OF = re.compile(
    r"\b(?:changements?|modifications?|depot|envoi|mise a jour|reception|demandes?|perte|oubli|suppression"
    r"|ajout|validation"
    r"|rejet|questions?|problemes?|renouvellement|reinitialisation|protection|conservation|securite|rubrique"
    r"|sujet|formulaire"
    r"|gestion|saisie) (?:(?:de|du|des|d|sur|concernant) )?(?:(?:votre|vos|le|la|les|l|un|une|mon|ma) )?$"
)
#: Between a thing and a need: the need has a subject of its own ("…, votre numéro d'adhérent me suffit").
OWN_SUBJECT = re.compile(r"[,;:.] (?:mais )?(?:votre|vos|le|la|les|l|un|une|ce|cette) \w+ (?:\w+ ){0,5}$")
