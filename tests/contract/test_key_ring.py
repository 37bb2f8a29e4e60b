"""What every KeyRing keeps to."""

from __future__ import annotations

import pytest

from ivr.errors import ArchiveError
from ivr.recording import secret_file
from ivr.recording.keys import KEK_PURPOSE, LocalKeyRing
from ivr.recording.secret_file import Secret
from ivr.services.ports import KeyRing
from tests.fakes.vault import FakeKeyRing


def local_ring(fill: int) -> LocalKeyRing:
    key = bytes([fill]) * 32
    return LocalKeyRing(Secret(secret_file.secret_id(KEK_PURPOSE, key), key))


@pytest.fixture(params=["fake", "local"])
def rings(request: pytest.FixtureRequest) -> tuple[KeyRing, KeyRing]:
    """Two rings with different KEKs."""
    if request.param == "fake":
        return FakeKeyRing("kek-a"), FakeKeyRing("kek-b")
    return local_ring(1), local_ring(2)


def test_a_data_key_comes_back_from_its_wrapped_form(rings: tuple[KeyRing, KeyRing]) -> None:
    data_key, wrapped = rings[0].new_data_key("rec-1")
    assert len(data_key) == 32
    assert data_key not in wrapped
    assert rings[0].unwrap("rec-1", wrapped) == data_key


def test_every_recording_has_its_own_key(rings: tuple[KeyRing, KeyRing]) -> None:
    assert len({bytes(rings[0].new_data_key("rec-1")[0]) for _ in range(20)}) == 20


def test_another_kek_is_refused_naming_recording_kek_and_remedy(rings: tuple[KeyRing, KeyRing]) -> None:
    _, wrapped = rings[0].new_data_key("rec-1")
    with pytest.raises(ArchiveError) as refused:
        rings[1].unwrap("rec-1", wrapped)
    for part in ("rec-1", rings[0].kek_id, rings[1].kek_id, "key file"):
        assert part in str(refused.value)


def test_a_wrapped_key_of_another_recording_is_refused(rings: tuple[KeyRing, KeyRing]) -> None:
    _, wrapped = rings[0].new_data_key("rec-1")
    with pytest.raises(ArchiveError, match="rec-2"):
        rings[0].unwrap("rec-2", wrapped)


@pytest.mark.parametrize("spoilt", [b"", b"IVK1", b"\xff" * 80])
def test_rubbish_is_refused(rings: tuple[KeyRing, KeyRing], spoilt: bytes) -> None:
    with pytest.raises(ArchiveError, match="rec-1"):
        rings[0].unwrap("rec-1", spoilt)


def test_no_key_shows_in_a_repr(rings: tuple[KeyRing, KeyRing]) -> None:
    data_key, _ = rings[0].new_data_key("rec-1")
    assert data_key.hex() not in repr(rings[0])
