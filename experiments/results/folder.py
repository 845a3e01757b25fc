"""A results folder appears whole or not at all: it is written beside its place and then moved there."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MANIFEST = "manifest.json"


class FolderRefused(Exception):
    """The place for the results is taken, or is not one where a folder can be made."""


def check_place(target: Path, *, overwrite: bool) -> None:
    """Make sure that results may be put at ``target``: nothing there, an empty folder, or results to be replaced.

    Only a folder that callsim wrote is ever replaced, whatever ``overwrite`` says.

    Raises:
        FolderRefused: something else is there, or results are and ``overwrite`` is false.
    """
    nearest = next(place for place in (target, *target.absolute().parents) if place.exists())
    if not nearest.is_dir():
        raise FolderRefused(f"{nearest}: is a file; choose another place with --out DIR")
    if nearest is not target:
        return
    if not any(target.iterdir()):
        return
    if not is_results_folder(target):
        raise FolderRefused(
            f"{target}: is not empty and was not written by callsim, so it is not replaced; "
            "choose another place with --out DIR"
        )
    if not overwrite:
        raise FolderRefused(
            f"{target}: holds the results of an earlier run; --overwrite replaces them, --out DIR chooses another place"
        )


def is_results_folder(folder: Path) -> bool:
    """Say whether callsim wrote this folder."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    versions = manifest.get("versions") if isinstance(manifest, dict) else None
    return isinstance(versions, dict) and "callsim" in versions


@contextmanager
def staged(target: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Lend a new folder to write into, and move it to ``target`` when the block ends well.

    If the block raises, the new folder is removed, and what was at ``target`` is as it was.

    Raises:
        FolderRefused: see `check_place`.
        OSError: the folder cannot be written.
    """
    place = target.resolve()
    check_place(place, overwrite=overwrite)
    place.parent.mkdir(parents=True, exist_ok=True)
    stage = _sibling(place, "partial")
    stage.mkdir()
    try:
        yield stage
        check_place(place, overwrite=overwrite)
        _move(stage, place)
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _sibling(place: Path, ending: str) -> Path:
    """Return a name beside ``place`` that nobody else uses: on the same file system, hidden, and telling what it is."""
    return place.with_name(f".{place.name}.{secrets.token_hex(4)}.{ending}")


def _move(stage: Path, place: Path) -> None:
    """Put the new folder in place; the old one goes aside first, and comes back if the new one cannot be put there."""
    if not place.exists():
        stage.rename(place)
        return
    aside = _sibling(place, "old")
    place.rename(aside)
    try:
        stage.rename(place)
    except BaseException:
        aside.rename(place)
        raise
    shutil.rmtree(aside, ignore_errors=True)
