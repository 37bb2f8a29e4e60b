"""What people call the numbers that may not be kept, before and after they say them. Pure.

Patterns are sought in levelled words that one space separates. Shapes and checksums are in the files beside this one.
"""

from __future__ import annotations

import re

#: So many digits are a part of a number that was named.
PART_DIGITS = 5
SAYS_NIR = re.compile(r"\b(?:secu|securite sociale|nir|carte vitale|numero d assure|numero social)\b")
SAYS_CARD = re.compile(
    r"\b(?:carte bancaire|carte bleue|carte de credit|carte de paiement|numero de (?:ma |la )?carte|ma carte|la carte"
    r"|(?:ancienne|nouvelle|autre) carte|par carte|visa|mastercard|cb|american express)\b"
)
NOT_PAYMENT_CARD = re.compile(
    r"\bcarte (?:vitale|mutuelle|de mutuelle|d adherent|adherent|de tiers payant|d identite|d invalidite"
    r"|d electeur|de (?:sejour|fidelite|visite|famille|membre|stationnement|transport|bus)|grise|sim|vermeil|navigo)\b"
)
SAYS_CVV = re.compile(
    r"\b(?:cryptogramme|crypto|cvv|ccv|cvc|trois (?:petits |derniers )?chiffres|derriere la carte|au dos de la carte"
    r"|(?:code|chiffres|numeros?) (?:de |du |au )?(?:derriere|dos|verso)"
    r"|au dos|code de securite|(?:code )?au verso)\b"
)
SAYS_OTP = re.compile(
    r"\b(?:(?:code (?:recu|de validation|de confirmation|de verification|a usage unique|temporaire|sms|par sms|unique"
    r"|(?:\w+ ){0,2}(?:qui|que|qu) (?:\w+ ){1,4}(?:envoyee?|recue?|affichee?)|que j ai recu|que je viens de recevoir"
    r"|qui vient d(?:e|) (?:\w+ )?(?:tomber|arriver|s afficher)"
    r"|que vous m avez envoye|d authentification)"
    r"|(?:recu|recevoir|recois|envoyee?|arrive|donne) (?:un |le |ce |mon )?(?:petit )?(?:code|sms|texto)"
    r"|(?:demande|demandent|faut|rentrer|saisir|taper) (?:un|le|ce) code"
    r"|un code (?:c est|est|donc|a (?:\w+ )?chiffres)|otp|par (?:sms|texto)"
    r"|(?:sms|texto|message|notification) (?:dit|indique|affiche|c est|marque|avec|contient)"
    r"|(?:le|votre) code (?:c est|est|qui s affiche"
    r"|du sms|du texto)|(?:numeros?|chiffres|codes?) (?:qu|que) (?:\w+ ){1,4}(?:envoyee?s?|recue?s?))"
    r"(?: (?:sur|par|dans) (?:le |mon |la |ma |l )?\w+)?)\b"
)
#: A code without more words, save those that are everybody's or somebody else's.
SAYS_ANY_CODE = re.compile(
    r"\bcode(?! (?:postal|promo|barres?|civil|rural|penal|du (?:travail|portail|batiment|dossier|document)|couleur"
    r"|de (?:la |l )?(?:route|porte|securite sociale|consommation|mutualite|sante|commerce|entree|immeuble|residence"
    r"|acte|reduction|agence|conduite|deontologie|departement|barriere|cle|garage)|d (?:entree|acte)|acte|ccam|ngap|ape"
    r"|naf|insee|client|adherent|produit|article|ean|lpp|finess)\b)"
)
ANY_YEAR = re.compile(r"(?:19|20)\d\d")
SAYS_PIN = re.compile(
    r"\b(?:code (?:secret|confidentiel|pin|personnel|de (?:ma |la )?carte|d (?:acces|activation)|de connexion"
    r"|(?:de|d|pour) (?:mon |l |le |notre )?(?:espace|compte|appli|application|ameli|site))"
    r"|mon code (?:c est|est|donc|alors)"
    r"|(?:espace|compte|appli|application|site|ameli)(?: \w+){0,2} (?:je tape|je mets|je rentre|je saisis)"
    r"|(?:mon|le) pin|pin (?:de|du)|mot de passe|mdp|identifiant secret)\b"
)
SAYS_IBAN = re.compile(
    r"\b(?:iban|rib|releve d identite bancaire|numero de compte|compte bancaire|(?:mon|le) compte (?:c est|numero"
    r"|est(?! (?:bon|debiteur|crediteur|bloque|vide|clos|ferme|ouvert|rond|juste|a)\b))"
    r"|(?:coordonnees|references) bancaires|code banque|(?:code |au )?guichet)\b"
)
#: "mon compte à la Poste": an account only before as many digits as accounts have.
SAYS_ACCOUNT = re.compile(
    r"(?<!\bje )(?<!\bon )\bcompte\b(?! (?:rendu|client|adherent|ameli|fidelite|en ligne|personnel|utilisateur))"
)
ACCOUNT_DIGITS = 10
#: Names after which digits are dictated, with no other meaning ("ma carte" may be any).
NAMES_CARD = re.compile(
    r"\b(?:carte bancaire|carte bleue|carte de credit|carte de paiement|numero de (?:ma |la )?carte|visa|mastercard|cb"
    r"|american express)\b"
)
NAMES_IBAN = re.compile(r"\b(?:iban|rib|releve d identite bancaire|coordonnees bancaires|numero de compte)\b")
#: What may stand between a number and its name, said after it ("…, c'est le code du texto").
LEADING_TO_NAME = (
    r"(?:(?:voila|donc|euh|bon|ca|cela|c|est|etait|pour|comme|sur|le|la|les|l|mon|ma|ce|notre|numero|de|du) )*"
)
NAMES_CODE = (
    r"code (?:du|par|recu|sms|unique|a usage|temporaire|secret|confidentiel|pin|personnel|que j ai|qu on m"
    r"|qui (?:vient|s)"
    r"|de (?:validation|confirmation|verification|securite|connexion|carte|ma carte|la carte)"
    r"|d (?:acces|activation|authentification))\b|(?:sms|texto|message)\b"
    r"|(?:que j|je l) ai recue?(?: \w+){0,5} (?:sms|texto|message|telephone|portable)\b"
)
#: "j'ai reçu 48 29 15": six digits that somebody received are a code, if nothing says what they are.
RECEIVED = re.compile(r"\b(?:j ai (?:bien )?recu|je viens de recevoir)$")
CODE_DIGITS = 6
#: Five digits are a postal code.
BARE_CODE = r"code(?:$| (?:que|qu|qui|la|voila|hein|merci|c est|s il)\b)"
NAMED_AFTER = (
    ("otp", 4, 8, re.compile(LEADING_TO_NAME + f"(?:{NAMES_CODE})")),
    ("otp", 6, 8, re.compile(LEADING_TO_NAME + BARE_CODE)),
    ("otp", 4, 4, re.compile(LEADING_TO_NAME + BARE_CODE)),
    (
        "password",
        4,
        12,
        re.compile(r"(?:(?:voila|donc) )?(?:c est|pour) (?:mon |le |ma )?(?:mot de passe|mdp|code pin|pin)\b"),
    ),
    ("nir", PART_DIGITS, 15, re.compile(LEADING_TO_NAME + r"(?:secu|securite sociale|nir|carte vitale)\b")),
    ("card", PART_DIGITS, 19, re.compile(LEADING_TO_NAME + f"(?:{NAMES_CARD.pattern})")),
    ("iban", PART_DIGITS, 27, re.compile(LEADING_TO_NAME + f"(?:{NAMES_IBAN.pattern}|compte bancaire\\b)")),
)
#: "ma carte finit par", "les quatre derniers chiffres de mon compte": a part of a number, however short.
PART_SAID = re.compile(
    r"(?:\b(?P<of>carte|cb|visa|mastercard|compte|iban|rib|secu|securite sociale)"
    r"(?: (?:bancaire|bleue|visa|courant))?(?: \w+){0,2}"
    r" (?:finit|fini|finissant|termine|terminant|commence|commencant)(?: bien| toujours)? (?:par|en)(?: le| les| un)?"
    r"|\b(?:derniers|premiers) chiffres (?:c est )?(?:de |du |sur )(?:ma |mon |la |le |l )?"
    r"(?P<part>carte|cb|visa|mastercard|compte|iban|rib|secu|securite sociale)"
    r"(?: (?:bancaire|bleue|visa|courant))?(?: \w+){0,3})$"
)
#: "elle finit par 12 34, ma carte bancaire".
ENDS_IN = re.compile(r"\b(?:finit|termine|commence)(?: bien| toujours)? par$")
KIND_OF = {
    "carte": "card",
    "cb": "card",
    "visa": "card",
    "mastercard": "card",
    "secu": "nir",
    "securite sociale": "nir",
}
#: The key of a NIR or an account, said apart from it.
SAYS_KEY = re.compile(r"\bcles?\b(?! (?:usb|de (?:la|ma) (?:maison|voiture|porte)))(?: \w+){0,10}$")
#: What is behind a card, after the card.
SAYS_CODE = re.compile(r"\b(?:code|chiffres|numeros?)(?: \w+){0,3}$")
CVV_DIGITS = 3
KEY_DIGITS = 2
#: Numbers as long as a NIR that are announced as something else; only a right key makes a NIR of them.
NEVER_NIR = re.compile(r"\b(?:siret|siren|finess|suivi|recommande|colis|tracking|tva|adeli|rpps|ean|code barre)\b")
#: The letters of the country before an account, or as they are spelled.
COUNTRY = re.compile(
    r"\bfr$|\b(?:f|ef|eff|effe)(?: (?:comme|de) \w+)? (?:et )?(?:r|er|erre|air)(?: (?:comme|de) \w+)?$"
)
EXPIRES = re.compile(
    r"\b(?:(?:carte|visa|mastercard|cb|elle) (?:\w+ )?(?:expire|est valable|est valide|perime|va jusqu)"
    r"|date d expiration|date de (?:fin de )?validite"
    r"|expiration de (?:la|ma) carte|fin de validite)\b"
)
#: So much for when it ends, where a card or its code is named too; "expiration 03 27" needs no more.
ENDS = re.compile(r"\b(?:expire|expiration|validite|valable|valide|date de fin)\b")
ENDS_ALONE = re.compile(r"\bexpiration(?: (?:c est|le|en|fin))*$")
NOT_A_CARD_DATE = re.compile(
    r"\b(?:vitale|mutuelle|tiers|adherent|identite|contrat|garantie|devis|ordonnance|attestation|passeport|sejour"
    r"|droits|invalidite|bail|abonnement|permis|titre|assurance)\b"
)
MONTHS = re.compile(r"janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre|octobre|novembre|decembre")
EXPIRY = re.compile(r"(?:0?[1-9]|0?1[0-2])(?:20)?(?:2[4-9]|3\d)")
OTHER_NUMBER = re.compile(
    r"\b(?:telephone|portable|fixe|adherent|dossier|contrat|reference|sinistre|facture|devis|code postal"
    r"|(?<!compte )postal|ne le|nee le|naissance|date|siret|siren|finess|commande|client|rendez vous|immatriculation"
    r"|suivi|recommande)\b"
)
