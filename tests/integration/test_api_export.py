"""A sealed export asked for by a program, on a real socket: it comes whole, or the connection breaks off."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
import requests

from ivr.errors import ArchiveError
from ivr.services.vault.vault import Vault
from tests.integration.console_house import CLOSED, ConsoleHouse, console_house


def export(house: ConsoleHouse) -> requests.Response:
    headers = {"authorization": f"Bearer {house.tokens['colin']}", "ivr-reason": "courrier 88"}
    place = f"{house.url}/api/v1/requisitions/{house.ids['case_id'][-1]}/exports"
    return requests.post(place, json={"form": "wav"}, headers=headers, timeout=60)


def test_it_comes_whole_or_whoever_asked_sees_that_it_broke_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def copy(*_: Any, **__: Any) -> Any:
        raise ArchiveError("damaged")

    with console_house(tmp_path) as house:
        with monkeypatch.context() as patched:
            patched.setattr(Vault, "copy", copy)
            with pytest.raises(requests.exceptions.ChunkedEncodingError):
                export(house)
        assert "authority.handed_out" not in house.rig.told()
        whole = export(house)
    assert whole.status_code == 200
    with zipfile.ZipFile(io.BytesIO(whole.content)) as archive:
        assert archive.testzip() is None
        assert f"{CLOSED}.wav" in archive.namelist()
