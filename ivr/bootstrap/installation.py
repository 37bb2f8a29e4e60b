"""Makes what a node needs before it can run. Idempotent: what is there and whole is left alone."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass

from ivr.bootstrap.archive import open_archive
from ivr.bootstrap.prompt_library import PromptLibrary
from ivr.errors import HostError, IvrError
from ivr.settings import Settings
from ivr.speech.model import check_model, join_model


@dataclass(frozen=True)
class Check:
    """One thing that `ivr doctor` looked at. `remedy` is empty when it is well."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""


def install(settings: Settings) -> list[str]:
    """Create data folder, keys, database, speech model and prompts; returns what was made. Raises HostError."""
    made = []
    data_dir = settings.node.data_dir
    try:
        new = not data_dir.exists()
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise HostError(
            f"the data folder cannot be created: {error.strerror}",
            where=str(data_dir),
            remedy="choose another with node.data_dir (IVR_NODE__DATA_DIR), or mend its rights",
        ) from error
    if new:
        made.append(f"data folder {data_dir}")
    kek = settings.keys.kek_file.exists()
    open_archive(settings, create=True).close()
    if not kek:
        made.append(f"key {settings.keys.kek_file}")
    if settings.ear.model_dir is None:
        made += [f"model file {name}" for name in join_model(settings.model_dir)]
    made += [f"prompt {name}" for name in PromptLibrary(settings).make()]
    return made


def examine(settings: Settings) -> list[Check]:
    """Look at everything a node needs; the remedy of what is wrong says what to do."""
    return [
        _try("dossier de données", lambda: _data_dir(settings)),
        _try("base de données, clés et coffre", lambda: _archive(settings)),
        _try("chaîne de preuves", lambda: _chain(settings)),
        _try("modèle de parole", lambda: _model(settings)),
        _try("messages vocaux", lambda: _prompts(settings)),
    ]


def _try(name: str, look: object) -> Check:
    assert callable(look)
    try:
        return Check(name, True, str(look()))
    except IvrError as error:
        what = f"{error.where}: {error.what}" if error.where else error.what
        return Check(name, False, what, error.remedy or "lancez `ivr init`")


def _data_dir(settings: Settings) -> str:
    path = settings.node.data_dir
    if not path.is_dir():
        raise HostError("absent", where=str(path), remedy="lancez `ivr init`")
    if not os.access(path, os.W_OK):
        raise HostError("non inscriptible", where=str(path), remedy="corrigez ses droits")
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o007:
        raise HostError(f"ouvert à tous ({mode:o})", where=str(path), remedy=f"chmod 700 {path}")
    return str(path)


def _archive(settings: Settings) -> str:
    archive = open_archive(settings)
    try:
        return f"{archive.database.name}, {len(archive.vault.listing(limit=1_000_000))} enregistrements"
    finally:
        archive.close()


def _chain(settings: Settings) -> str:
    archive = open_archive(settings)
    try:
        broken = archive.audit.verify()
    finally:
        archive.close()
    if broken:
        raise HostError(broken[0], remedy="lancez `ivr audit verify` et prévenez le DPO")
    return "intacte"


def _model(settings: Settings) -> str:
    if settings.ear.model_dir is None:
        check_model(settings.model_dir)
    elif not (settings.model_dir / "model.bin").is_file():
        raise HostError("modèle absent", where=str(settings.model_dir), remedy="corrigez ear.model_dir")
    return str(settings.model_dir)


def _prompts(settings: Settings) -> str:
    PromptLibrary(settings).check()
    return f"{len(settings.prompts)} messages"
