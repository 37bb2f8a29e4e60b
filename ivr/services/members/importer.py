"""Reads the list of members that a mutual exports for the identity check: a CSV with what may be asked, nothing more.

Columns: member_number, last_name (several names apart by `|`: usage, birth), first_name, birth_date (YYYY-MM-DD or
DD/MM/YYYY), postal_code, phones (apart by blanks). Separated by commas or semicolons, UTF-8. Errors name line and
column, never a value.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date

from ivr.domain.identity.check import IdentityItem, refusal_of
from ivr.domain.identity.member import MemberRecord
from ivr.errors import ConfigurationError

COLUMNS = ("member_number", "last_name", "first_name", "birth_date", "postal_code", "phones")
#: What a caller may be asked to dictate or type (ASK-004, max_free_digits); a longer number could be a NIR.
NUMBER_DIGITS = (4, 10)
_FRENCH_DATE = re.compile(r"(\d{2})/(\d{2})/(\d{4})")


def read_members(lines: Iterable[str], *, file: str, person_of: Callable[[str], str]) -> Iterator[MemberRecord]:
    """Yield the members of a list. `person_of` gives the one spelling of a telephone number, "+" first.

    Raises ConfigurationError for an unknown column (with the rule id when it may not be asked), and for a value that is
    none.
    """
    rows = iter(lines)
    head = next(rows, "").lstrip("\ufeff")
    separator = ";" if head.count(";") > head.count(",") else ","
    columns = [name.strip().lower() for name in next(csv.reader([head], delimiter=separator), [])]
    _check_columns(columns, file)
    for number, row in enumerate(_rows(rows, separator, file), 2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(columns):
            raise _fault(file, number, "", f"{len(row)} cells, and the head has {len(columns)}", "complete the line")
        yield _record(dict(zip(columns, (cell.strip() for cell in row), strict=True)), file, number, person_of)


def _rows(lines: Iterator[str], separator: str, file: str) -> Iterator[list[str]]:
    reader = csv.reader(lines, delimiter=separator)
    try:
        yield from reader
    except csv.Error as error:
        raise _fault(file, reader.line_num + 1, "", "no row of a CSV", "close its quotes") from error


def _check_columns(columns: list[str], file: str) -> None:
    for name in columns:
        if name not in COLUMNS:
            rule, remedy = refusal_of(name)
            allowed = name in {item.value for item in IdentityItem}
            remedy = f"columns: {', '.join(COLUMNS)}" if allowed else remedy
            what = f"column '{name}' is not needed to identify a caller ({rule})"
            raise ConfigurationError(what, file=file, key=name, remedy=f"remove the column; {remedy}")
    if "member_number" not in columns or len(set(columns)) != len(columns):
        raise ConfigurationError(
            "the first line does not name each column once, member_number among them",
            file=file,
            key="line 1",
            remedy=f"begin with {';'.join(COLUMNS)}",
        )


def _record(row: Mapping[str, str], file: str, line: int, person_of: Callable[[str], str]) -> MemberRecord:
    def fault(column: str, what: str, remedy: str) -> ConfigurationError:
        return _fault(file, line, column, what, remedy)

    least, most = NUMBER_DIGITS
    number = row["member_number"]
    if not (number.isascii() and number.isdigit() and least <= len(number) <= most):
        raise fault("member_number", f"not {least} to {most} digits (ASK-004)", "a NIR is no member number (ASK-002)")
    postal_code = row.get("postal_code", "")
    if postal_code and not re.fullmatch(r"\d{5}", postal_code, re.ASCII):
        raise fault("postal_code", "not five digits", "write e.g. 01000, the zero included")
    born = row.get("birth_date", "")
    try:
        french = _FRENCH_DATE.fullmatch(born)
        birth_date = date.fromisoformat("-".join(reversed(french.groups())) if french else born) if born else None
    except ValueError:
        raise fault("birth_date", "not a date", "write YYYY-MM-DD or DD/MM/YYYY") from None
    phones = tuple(person_of(phone) for phone in re.split(r"[\s,|]+", row.get("phones", "")) if phone)
    if any(not phone.startswith("+") for phone in phones):
        raise fault("phones", "not a telephone number", "write e.g. 0612345678 or +33612345678, without blanks")
    return MemberRecord(
        number,
        tuple(name.strip() for name in row.get("last_name", "").split("|") if name.strip()),
        row.get("first_name", ""),
        birth_date.isoformat() if birth_date else "",
        postal_code,
        phones,
    )


def _fault(file: str, line: int, column: str, what: str, remedy: str) -> ConfigurationError:
    where = f"line {line}, column {column}" if column else f"line {line}"
    return ConfigurationError(what, file=file, key=where, remedy=remedy)
