"""What every KeyRing keeps to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ivr.errors import ArchiveError, HostError
from ivr.recording import secret_file
from ivr.recording.data_keys import KEK_USE, LocalKeyRing
from ivr.recording.kek_files import KekFiles
from ivr.recording.openbao import OpenBaoKeyRing
from ivr.recording.secret_file import Secret
from ivr.services.ports.keys import KeyRing, RotatingKeyRing
from tests.fakes.vault import FakeKeyRing
from tests.servers import TOKEN, bao, bao_tls


def local_ring(fill: int) -> LocalKeyRing:
    key = bytes([fill]) * 32
    return LocalKeyRing(Secret(secret_file.secret_id(KEK_USE, key), key))


@pytest.fixture(params=["fake", "local", "files", "openbao"])
def rings(request: pytest.FixtureRequest, tmp_path: Path, bao_rings: Rings) -> tuple[KeyRing, KeyRing]:
    """Two rings with different KEKs."""
    if request.param == "fake":
        return FakeKeyRing("kek-a"), FakeKeyRing("kek-b")
    if request.param == "files":
        return tuple(KekFiles(tmp_path / n / "kek", tmp_path / n / "old", create=True) for n in "ab")  # type: ignore[return-value]
    if request.param == "openbao":
        return bao_rings.fresh(), bao_rings.fresh()
    return local_ring(1), local_ring(2)


class Rings:
    """Makes rings over OpenBao, and closes their connections."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: list[OpenBaoKeyRing] = []

    def __call__(
        self, *, url: str = "", mount: str = "transit", key: str = "ivr", token: str = TOKEN
    ) -> OpenBaoKeyRing:
        token_file = bao().token_file(self._folder, token)
        self._made.append(OpenBaoKeyRing(url or bao().url, mount=mount, key=key, token_file=token_file))
        return self._made[-1]

    def fresh(self) -> OpenBaoKeyRing:
        ring = self(key=f"ivr-{os.urandom(4).hex()}")
        ring.create()
        return ring

    def close(self) -> None:
        for ring in self._made:
            ring.close()


@pytest.fixture
def bao_rings(tmp_path: Path) -> Iterator[Rings]:
    made = Rings(tmp_path)
    yield made
    made.close()


@pytest.fixture(params=["files", "openbao"])
def ring(request: pytest.FixtureRequest, tmp_path: Path, bao_rings: Rings) -> RotatingKeyRing:
    """A ring whose KEK can be replaced."""
    return (
        bao_rings.fresh() if request.param == "openbao" else KekFiles(tmp_path / "kek", tmp_path / "old", create=True)
    )


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
    named = str(refused.value)
    for part in ("rec-1", rings[0].kek_id, rings[1].kek_id.rpartition(":v")[0], "give the key"):
        assert part in named


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


def test_the_wrapped_form_names_its_kek(rings: tuple[KeyRing, KeyRing]) -> None:
    _, wrapped = rings[0].new_data_key("rec-1")
    assert rings[0].kek_of(wrapped) == rings[0].kek_id


def test_after_a_rotation_both_keks_unwrap_and_only_the_new_one_wraps(ring: RotatingKeyRing) -> None:
    before = ring.kek_id
    old_key, old = ring.new_data_key("rec-1")
    assert ring.retired() == {}
    after = ring.rotate()
    assert after == ring.kek_id != before
    _, new = ring.new_data_key("rec-2")
    assert ring.kek_of(new) == after
    assert ring.unwrap("rec-1", old) == old_key
    assert list(ring.retired()) == [before]
    assert abs(ring.retired()[before] - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_removed_kek_opens_nothing_any_more(ring: RotatingKeyRing) -> None:
    before = ring.kek_id
    data_key, old = ring.new_data_key("rec-1")
    with pytest.raises(ArchiveError, match="in use"):
        ring.remove(before)
    ring.rotate()
    new = ring.wrap("rec-1", data_key)
    ring.remove(before)
    assert ring.retired() == {}
    with pytest.raises(ArchiveError, match="rec-1"):
        ring.unwrap("rec-1", old)
    assert ring.unwrap("rec-1", new) == data_key


def test_another_process_notices_that_the_kek_was_replaced(tmp_path: Path) -> None:
    here, there = (KekFiles(tmp_path / "kek", tmp_path / "old", create=True) for _ in range(2))
    after = here.rotate()
    _, wrapped = there.new_data_key("rec-1")
    assert there.kek_of(wrapped) == after
    assert here.unwrap("rec-1", wrapped) == there.unwrap("rec-1", wrapped)


@pytest.mark.parametrize("step", ["create", "store", "rename"])
def test_a_rotation_of_files_killed_at_any_step_starts_again(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = KekFiles(tmp_path / "kek", tmp_path / "old", create=True)
    before = ring.kek_id
    _, wrapped = ring.new_data_key("rec-1")

    class Killed(BaseException):
        pass

    def dies(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Path if step == "rename" else secret_file, step, dies)
        with pytest.raises(Killed):
            ring.rotate()
    again = KekFiles(tmp_path / "kek", tmp_path / "old")
    assert again.kek_id == before
    assert again.rotate() != before
    assert list(again.retired()) == [before]
    again.unwrap("rec-1", wrapped)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"url": "http://127.0.0.1:1"}, r"does not answer.*keys\.openbao\.url"),
        ({"mount": "nowhere"}, "bao secrets enable -path=nowhere transit"),
        ({"token": "wrong"}, "refuses the token"),
        ({"url": "https"}, r"does not answer.*keys\.openbao\.url|certificate"),
    ],
)
def test_what_openbao_refuses_is_said_with_the_remedy_and_without_the_token(
    change: dict[str, str], said: str, bao_rings: Rings
) -> None:
    if change.get("url") == "https":
        change = {"url": bao().url.replace("http:", "https:")}
    ring = bao_rings(**change)
    with pytest.raises(HostError, match=said) as refused:
        ring.new_data_key("rec-1")
    assert refused.value.remedy
    assert TOKEN not in str(refused.value)


def test_a_token_that_others_can_read_is_refused(bao_rings: Rings, tmp_path: Path) -> None:
    ring = bao_rings()
    (tmp_path / "token").chmod(0o644)
    with pytest.raises(HostError, match="chmod 600"):
        ring.new_data_key("rec-1")


def test_tls_is_trusted_by_the_authority_that_is_given_and_by_no_other(tmp_path: Path) -> None:
    url, authority = bao_tls()
    token_file = bao().token_file(tmp_path)
    trusting, wary = (
        OpenBaoKeyRing(url, mount="transit", key="ivr", token_file=token_file, ca_file=given)
        for given in (authority, None)
    )
    # It answers, and has no transit engine: that is what comes through TLS.
    with pytest.raises(HostError, match="bao secrets enable"):
        trusting.new_data_key("rec-1")
    with pytest.raises(HostError, match=r"not trusted.*keys\.openbao\.ca_file"):
        wary.new_data_key("rec-1")
    with pytest.raises(HostError, match=r"keys\.openbao\.ca_file"):
        OpenBaoKeyRing(url, mount="transit", key="ivr", token_file=token_file, ca_file=tmp_path / "none.pem")
    trusting.close()
    wary.close()
