"""``callsim plan``: what is said before the first run, in one look."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Callsim


def test_the_plan_fits_a_terminal_and_says_load_runs_and_time(shop: Path, callsim: Callsim) -> None:
    done = callsim("plan", "shop.yaml")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    (desk,) = [line for line in lines if line.startswith("desk workers")]
    assert desk.split() == ["desk", "workers", "50.0/s", "10.0ms", "1", "0.50", "ok"]
    assert "6 (2 variants × 3 replications)" in done.stdout
    assert "about 1 s on" in done.stdout


def test_warnings_come_first(shop: Path, callsim: Callsim) -> None:
    lines = callsim("plan", "shop.yaml", "--set", "run.load=3").stdout.splitlines()
    assert lines[0] == "shop"
    assert lines[1].startswith("warning: variant one: service:desk is offered 1.50 times")
    assert any(line.endswith("overloaded") for line in lines)


def test_json_is_for_programs(shop: Path, callsim: Callsim) -> None:
    found = json.loads(callsim("plan", "shop.yaml", "--variant", "one", "--replications", "4", "--json").stdout)
    assert found["runs"] == [4, 4]
    (load,) = found["loads"]
    assert (load["component"], load["state"]) == ("service:desk", "ok")
    assert load["load"] == pytest.approx(0.5)


def test_a_mean_that_is_infinite_is_valid_json(shop: Path, callsim: Callsim) -> None:
    law = "services.desk.operations.serve.work={dist: pareto, minimum: 1ms, alpha: 0.9}"
    words = ("plan", "shop.yaml", "--variant", "one", "--set", law)
    assert json.loads(callsim(*words, "--json").stdout)["loads"][0]["load"] == "inf"
    assert "∞" in callsim(*words).stdout


def test_a_wrong_file_is_refused_as_run_refuses_it(shop: Path, callsim: Callsim) -> None:
    words = ("shop.yaml", "--set", "services.desk.workers=0")
    planned, played = callsim("plan", *words), callsim("run", *words)
    assert planned.exit_code == 2
    assert planned.stderr == played.stderr


def test_run_says_the_same_before_it_plays(shop: Path, callsim: Callsim) -> None:
    done = callsim("run", "shop.yaml", "--set", "run.load=3", "--no-page", "--jobs", "1")
    assert "warning: variant one: service:desk is offered 1.50 times what its workers can do" in done.stderr


def test_a_million_workers_stand_apart_from_the_time_beside_them(shop: Path, callsim: Callsim) -> None:
    words = ("services.desk.operations.serve.work=1h", "services.desk.workers=1000000")
    chosen = ("plan", "shop.yaml", "--variant", "two", *(part for word in words for part in ("--set", word)))
    lines = callsim(*chosen).stdout.splitlines()
    (desk,) = [line for line in lines if line.startswith("desk workers")]
    assert desk.split()[3:5] == ["3600s", "1.0e6"]
