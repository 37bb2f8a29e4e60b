#!/usr/bin/env bash
# holidays 0.109 (python-dateutil 2.9.0.post0, six 1.17.0), France.
# Surprise: places are neither departments nor ISO 3166-2. Alsace is "6AE" and Moselle "57"; "67" and "68", which every
# address has, raise NotImplementedError, and so do the numbers of the collectivities (975, 977, 978, 986, 987, 988),
# which are known by letters (PM, BL, MF, WF, PF, NC). "GES", ISO's code of the region that both lie in, is taken with a
# DeprecationWarning and has neither of their two holidays; "Zone A", of school holidays, is taken as a place as well.
# Guadeloupe has Mi-Carême, Good Friday and 21 July among its public holidays, where C. travail L3422-2 has the day of
# the abolition alone, as we remember it. So a code goes through a list of ours, and a house that works then says so.
# Prints what was seen; exits 1 when it no longer happens.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check --no-deps holidays==0.109 python-dateutil==2.9.0.post0 \
    six==1.17.0 2>/dev/null
"$folder/venv/bin/python" - <<'PYTHON'
import sys
import warnings

import holidays

FRANCE = holidays.country_holidays("FR", years=2027, language="fr")
LOCAL = ["Saint-Étienne", "Vendredi saint"]
SEEN = {
    "57": LOCAL, "6AE": LOCAL, "GES": [], "Zone A": [],
    **dict.fromkeys(["67", "68", "975", "977", "978", "986", "987", "988"], None),
    "971": ["Abolition de l'esclavage", "Fête de Victor Schoelcher", "Mi-Carême", "Vendredi saint"],
}
changed = []
for place, seen in SEEN.items():
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            days = holidays.country_holidays("FR", subdiv=place, years=2027, language="fr")
            found = sorted(name for day, name in days.items() if day not in FRANCE)
        except NotImplementedError:
            found = None
    told = "unknown" if found is None else ", ".join(found) or "no day more than France"
    print(f"{place}: {told}{' (with a warning)' if warned else ''}")
    if found != seen or bool(warned) != (place == "GES"):
        changed.append(place)
print("changed: " + ", ".join(changed) if changed else f"as seen with {holidays.__version__}")
sys.exit(bool(changed))
PYTHON
