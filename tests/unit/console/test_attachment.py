"""Whatever a file is named, the header that names it is one header of plain characters."""

from __future__ import annotations

import pytest

from ivr.console.attachment import attachment


def test_a_plain_name_stands_as_it_is() -> None:
    assert attachment("rec-1.zip") == {"content-disposition": 'attachment; filename="rec-1.zip"'}


@pytest.mark.parametrize("name", ["d\u00e9j\u00e0 \u20ac.zip", 'a"; x="b', "a\r\nx: y", "..\\a/b", "\0", "\udcff"])
def test_another_name_breaks_out_of_nothing_and_is_kept_beside(name: str) -> None:
    value = attachment(name)["content-disposition"]
    assert value.isascii()
    assert value.isprintable()
    plain, _, true = value.removeprefix('attachment; filename="').partition("\"; filename*=UTF-8''")
    assert not set(plain) & set('"\\/ ;=')
    assert not set(true) & set("\"\\/ ;='")
