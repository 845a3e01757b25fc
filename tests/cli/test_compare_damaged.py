"""``callsim compare`` on folders that are half copied or damaged: a sentence with the file's name, and status 2."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from experiments.cli.app import app
from tests.cli.conftest import SHOP, Callsim


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as it was written."""
    place = tmp_path_factory.mktemp("damaged")
    (place / "shop.yaml").write_text(SHOP, encoding="utf-8")
    words = ["--replications", "2", "--variant", "two", "--no-page", "--jobs", "1", "--set", "run.duration=5s"]
    words += ["--set", "faults=[]"]
    assert (
        CliRunner().invoke(app, ["run", str(place / "shop.yaml"), "--out", str(place / "whole"), *words]).exit_code == 0
    )
    return place / "whole"


@pytest.fixture
def copy(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it in the current directory."""
    monkeypatch.chdir(tmp_path)
    return shutil.copytree(whole, Path("copy"))


def refused(callsim: Callsim, whole: Path) -> str:
    """Return what is said of the copy, whichever side it is on."""
    told = set()
    for sides in ((str(whole), "copy"), ("copy", str(whole))):
        result = callsim("compare", *sides, "--check")
        assert result.exit_code == 2, result.output
        told.add(result.stderr)
    assert len(told) == 1
    text = told.pop()
    assert "internal error" not in text
    assert len(text.splitlines()) == 1
    return text


@pytest.mark.parametrize("kept", [0.0, 0.1, 0.5, 0.98], ids=str)
def test_runs_that_were_cut_off(kept: float, copy: Path, whole: Path, callsim: Callsim) -> None:
    file = copy / "runs.parquet"
    content = file.read_bytes()
    file.write_bytes(content[: int(kept * len(content))])
    assert refused(callsim, whole).startswith("callsim: copy/runs.parquet: is not a whole Parquet file")


def test_runs_with_garbage_inside(copy: Path, whole: Path, callsim: Callsim) -> None:
    file = copy / "runs.parquet"
    content = bytearray(file.read_bytes())
    content[4:-2000] = bytes(255 - byte for byte in content[4:-2000])
    file.write_bytes(bytes(content))
    assert "copy/runs.parquet: is not a whole Parquet file" in refused(callsim, whole)


@pytest.mark.parametrize("content", [b"", b"variant,point\n", b'"open\n', b"\xff\xfe\x00", b"operation,metric\none\n"])
def test_objectives_that_are_no_table(content: bytes, copy: Path, whole: Path, callsim: Callsim) -> None:
    (copy / "objectives.csv").write_bytes(content)
    assert "copy/objectives.csv: is not a whole table with the columns that callsim writes" in refused(callsim, whole)


@pytest.mark.parametrize("name", ["runs.parquet", "objectives.csv"])
def test_files_that_are_missing(name: str, copy: Path, whole: Path, callsim: Callsim) -> None:
    (copy / name).unlink()
    assert f"copy/{name}: is missing; copy the whole folder, or play the experiment again" in refused(callsim, whole)


@pytest.mark.parametrize("content", ["{}", "[]", "not JSON", "", '{"versions": null}', '{"versions": ["callsim"]}'])
def test_a_manifest_that_callsim_did_not_write(content: str, copy: Path, whole: Path, callsim: Callsim) -> None:
    (copy / "manifest.json").write_text(content, encoding="utf-8")
    wanted = "copy: holds no results of callsim (its manifest.json is not one that callsim wrote)"
    assert wanted in refused(callsim, whole)


@pytest.mark.parametrize(
    ("key", "value"), [("name", None), ("replications", "many"), ("experiment", []), ("experiment", {"two": 3})]
)
def test_a_manifest_that_lacks_something(key: str, value: object, copy: Path, whole: Path, callsim: Callsim) -> None:
    file = copy / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | {key: value}), encoding="utf-8")
    told = refused(callsim, whole)
    assert "copy/manifest.json:" in told
    assert key in told


def test_a_table_that_cannot_be_put_where_it_should(copy: Path, whole: Path, callsim: Callsim) -> None:
    for out, message in (
        ("nowhere/changes.csv", "nowhere/changes.csv: there is no folder nowhere; make it first"),
        ("copy", "copy: is a folder; give --out the name of a file"),
    ):
        result = callsim("compare", str(whole), "copy", "--out", out, "--overwrite")
        assert result.exit_code == 2, result.output
        assert message in result.stderr
