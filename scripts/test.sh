#!/bin/sh
# Runs all tests with PYTHON, the first argument, and the arguments after it. Real calls on a machine whose cores are
# taken may miss a deadline: at most three such failures are tried once more, alone and one after the other. A fault
# fails twice; what needed the second try is named last. A failed unit or contract test is never tried again.
set -u
python=$1
shift
"$python" -m pytest "$@"
code=$?
[ "$code" = 1 ] || exit "$code"
failed() { PYTEST_ADDOPTS= "$python" -m pytest -q --last-failed --last-failed-no-failures none "$@" 2>/dev/null; }
failed --collect-only -m "unit or contract" >/dev/null && exit 1
names=$(failed --collect-only -m "sip or integration" | grep '::')
[ -n "$names" ] && [ "$(echo "$names" | wc -l)" -le 3 ] || exit 1
echo "Once more, alone:"
echo "$names"
"$python" -m pytest --last-failed --last-failed-no-failures none || exit 1
echo "Passed only when nothing else ran:"
echo "$names"
