#!/usr/bin/env bash
# phonenumbers 9.0.43 with region FR reads the national numbers of the French overseas departments as +33, and calls
# some of them valid mainland numbers; the same line dialled with its own code is another E.164 number to it. A bare
# overseas number (no plus) becomes an impossible French one, a bare mainland one is understood. So national spelling
# and international spelling of one line do not meet, and `is_valid_number` does not tell.
#
# Seen on Python 3.11, 29 November 2026. Exits 1 when the behaviour has changed.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/env"
"$place/env/bin/pip" install --quiet --disable-pip-version-check phonenumbers==9.0.43
"$place/env/bin/python" - <<'PYTHON'
import sys

import phonenumbers as p

# national number, what FR makes of it, whether that is "valid", the line's own number, the region of that one
SEEN = [
    ("0692 12 34 56", "+33692123456", False, "+262692123456", "RE"),
    ("0639 01 23 45", "+33639012345", False, "+262639012345", "YT"),
    ("0690 12 34 56", "+33690123456", False, "+590690123456", "GP"),
    ("0694 21 23 45", "+33694212345", False, "+594694212345", "GF"),
    ("0696 12 34 56", "+33696123456", False, "+596696123456", "MQ"),
    ("0262 20 12 34", "+33262201234", False, "+262262201234", "RE"),
    ("0269 60 12 34", "+33269601234", True, "+262269601234", "YT"),
    ("0596 50 12 34", "+33596501234", True, "+596596501234", "MQ"),
    ("0508 41 12 34", "+33508411234", True, "+508411234", "PM"),
]
BARE = [("33612345678", "+33612345678", True), ("262692123456", "+33262692123456", False)]

changed = []
for national, read, valid, own, region in SEEN:
    number = p.parse(national, "FR")
    found = (p.format_number(number, p.PhoneNumberFormat.E164), p.is_valid_number(number))
    right = p.parse(own, "FR")
    print(f"{national}: {found[0]}, valid {found[1]}; the line is {own} ({p.region_code_for_number(right)})")
    if found != (read, valid) or p.region_code_for_number(right) != region or not p.is_valid_number(right):
        changed.append(national)
for bare, read, possible in BARE:
    number = p.parse(bare, "FR")
    found = (p.format_number(number, p.PhoneNumberFormat.E164), p.is_possible_number(number))
    print(f"{bare}: {found[0]}, possible {found[1]}")
    if found != (read, possible):
        changed.append(bare)
print("changed: " + ", ".join(changed) if changed else f"as seen with {p.__version__}")
sys.exit(bool(changed))
PYTHON
