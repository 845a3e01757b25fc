"""What is shipped and what it needs: the project file, the pinned versions, and the package's data."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.source import PACKAGES, ROOT

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PINS = [
    line
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_constraint_is_an_exact_version_without_an_address() -> None:
    assert [pin for pin in PINS if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", pin)] == []


def test_every_dependency_is_pinned() -> None:
    groups = [PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"].values()]
    needed = {_plain(re.split(r"[<>=!~\[; ]", text)[0]) for group in groups for text in group}
    assert needed - {_plain(pin.split("==")[0]) for pin in PINS} == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_every_data_file_of_a_package_is_shipped(package: str) -> None:
    folder = ROOT / package
    patterns = PROJECT["tool"]["setuptools"]["package-data"][package]
    shipped = {path for pattern in patterns for path in folder.glob(pattern)}
    data = {path for path in folder.rglob("*") if path.is_file() and path.suffix not in {".py", ".pyc"}}
    assert folder / "py.typed" in data
    assert data - shipped == set()
    assert [pattern for pattern in patterns if not list(folder.glob(pattern))] == []


def test_the_command_exists() -> None:
    module, _, function = PROJECT["project"]["scripts"]["callsim"].partition(":")
    source = (ROOT / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")
    assert re.search(rf"^(def {function}\(|{function} = )", source, re.MULTILINE)


def test_the_linter_passes_over_no_source_file() -> None:
    ruff = Path(sys.executable).with_name("ruff")
    shown = subprocess.run(
        [ruff, "check", "--show-files", *PACKAGES], cwd=ROOT, capture_output=True, text=True, check=True
    )
    seen = {Path(line).resolve() for line in shown.stdout.splitlines()}
    assert {path for package in PACKAGES for path in (ROOT / package).rglob("*.py")} - seen == set()


def test_git_keeps_every_source_file() -> None:
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    names = {path.name for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_dir()} - {
        "__pycache__"
    }
    assert [pattern for pattern in ignored if pattern.rstrip("/") in names] == []
