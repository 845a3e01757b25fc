"""The commands validate, schema, new and catalog, through the command line's own door."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from experiments.cli.app import app
from experiments.language import load
from tests.language.building import SHOP, write


def call(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def test_validate_says_what_would_be_played(tmp_path: Path) -> None:
    file = write(tmp_path, SHOP + "variants: {a: {}, b: {}}\nsweep: {services.bank.workers: [1, 2]}\n")
    done = call("validate", str(file))
    assert done.exit_code == 0
    assert "valid: 2 variants, 2 sweep points, 10 replications" in done.stdout


def test_validate_prints_every_mistake_and_ends_with_status_2(tmp_path: Path) -> None:
    file = write(tmp_path, SHOP.replace("workers: 4", "workers: 0"))
    done = call("validate", str(file))
    assert done.exit_code == 2
    assert [line.split(":")[1] for line in done.stderr.splitlines()] == ["12", "18"]


def test_validate_prints_the_resolved_policies(tmp_path: Path) -> None:
    file = write(tmp_path, SHOP + "calls: {default: {timeout: 1s}}\n")
    done = call("validate", str(file), "--resolved", "--set", "calls.default.timeout=9s")
    assert "shop -> bank.charge" in done.stdout
    assert "value: 9s" in done.stdout


def test_validate_prints_warnings_apart_from_the_answer() -> None:
    done = call("validate", "catalog:checkout")
    assert done.exit_code == 0
    assert "warning: " in done.stderr
    assert "warning" not in done.stdout


def test_schema_prints_or_writes_the_schema(tmp_path: Path) -> None:
    printed = call("schema").stdout
    call("schema", "--out", str(tmp_path / "s.json"))
    assert json.loads(printed) == json.loads((tmp_path / "s.json").read_text())


@pytest.mark.parametrize("name", ["shop.yaml", "my first try.yaml", "007.yaml"])
def test_new_writes_a_starter_that_is_valid_without_a_warning(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    assert call("new", str(file)).exit_code == 0
    document = load(file)
    assert document.variants == ("sync", "saga", "patient")
    assert document.warnings == ()


def test_new_leaves_an_existing_file_alone(tmp_path: Path) -> None:
    file = write(tmp_path, SHOP)
    before = file.read_text()
    done = call("new", str(file))
    assert (done.exit_code, file.read_text()) == (2, before)


def test_catalog_lists_shows_and_copies(tmp_path: Path) -> None:
    assert "mm1" in call("catalog").stdout
    assert call("catalog", "list").stdout == call("catalog").stdout
    assert "dist: exponential" in call("catalog", "show", "mm1").stdout
    assert call("catalog", "copy", "checkout-breaker", str(tmp_path)).exit_code == 0
    assert load(tmp_path / "checkout-breaker.yaml").name == "checkout-breaker"


def test_catalog_copy_leaves_existing_files_alone(tmp_path: Path) -> None:
    call("catalog", "copy", "mm1", str(tmp_path))
    (tmp_path / "mm1.yaml").write_text("mine", encoding="utf-8")
    assert call("catalog", "copy", "mm1", str(tmp_path)).exit_code == 2
    assert (tmp_path / "mm1.yaml").read_text() == "mine"


def test_an_unknown_experiment_ends_with_status_2() -> None:
    done = call("catalog", "show", "chekout")
    assert done.exit_code == 2
    assert "did you mean 'checkout'" in done.stderr
