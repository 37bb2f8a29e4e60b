"""Data keys in memory."""

from __future__ import annotations

from tests.unit.services.vault.rig import CONSENT, Rig, begun


def test_a_data_key_is_cleared_once_it_is_used(rig: Rig) -> None:
    given: list[bytearray] = []
    make, unwrap = rig.keys.new_data_key, rig.keys.unwrap

    def noted_make(recording_id: str) -> tuple[bytearray, bytes]:
        made = make(recording_id)
        given.append(made[0])
        return made

    def noted_unwrap(recording_id: str, wrapped: bytes) -> bytearray:
        given.append(unwrap(recording_id, wrapped))
        return given[-1]

    rig.keys.new_data_key, rig.keys.unwrap = noted_make, noted_unwrap  # type: ignore[method-assign]
    begun(rig).seal(consent=CONSENT)
    rig.vault().copy("rec-1", "wav", reason="test", actor="tester")
    assert rig.vault().verify() == []
    assert len(given) == 3
    assert set(map(bytes, given)) == {bytes(32)}
