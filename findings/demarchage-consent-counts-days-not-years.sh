#!/usr/bin/env bash
# demarchage-consent 0.2.0, which decides whether a consent to be canvassed by telephone still holds (France).
# Surprise: both of its terms are counts of days, one year = 365 and three years = 1,095, not calendar years. Over a
# 29 February the consent expires and the proof may be destroyed a day before its anniversary; naive dates are taken
# for UTC, so an evening in Paris may count for another day. Use it as a second opinion, not for the date of destruction.
# Prints what was seen; exits 1 when it no longer happens.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check demarchage-consent==0.2.0 2>/dev/null
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from datetime import date

from demarchage_consent import assess_consent

plain = assess_consent("2024-09-01", now="2025-01-01")
leap = assess_consent("2027-09-01", now="2028-01-01")
print("collected 2024-09-01: expires", plain.expires_at.date(), "proof kept until", plain.proof_retention_until.date())
print("collected 2027-09-01: expires", leap.expires_at.date(), "proof kept until", leap.proof_retention_until.date())
last_day = assess_consent("2027-09-01", now="2028-09-01T00:00:01+00:00")
print("on the anniversary 2028-09-01 the consent is:", last_day.status)

as_seen = (
    plain.proof_retention_until.date() == date(2027, 9, 1)
    and leap.expires_at.date() == date(2028, 8, 31)
    and leap.proof_retention_until.date() == date(2030, 8, 31)
    and last_day.status == "expire"
)
sys.exit(not as_seen)
PYTHON
echo "as seen: a 29 February shortens both terms by a day"
