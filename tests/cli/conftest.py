"""A small experiment that plays in a blink, and a way to call the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from experiments.cli.app import app

SHOP = """\
name: shop
services:
  desk:
    workers: 2
    operations:
      serve: {work: {dist: exponential, mean: 10ms}}
workload:
  - {name: visit, call: desk.serve, arrivals: {process: poisson, rate: 50/s}}
faults:
  - {name: lunch, kind: slowdown, target: desk, factor: 3, at: 10s, for: 5s}
objectives:
  visit: {latency_p99: 10s, error_rate: 1%}
run: {duration: 20s, warmup: 2s, replications: 3, seed: 5}
variants:
  one: {services.desk.workers: 1}
  two: {}
"""

Callsim = Callable[..., Result]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The experiment as a file in an empty current directory."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "shop.yaml"
    path.write_text(SHOP, encoding="utf-8")
    return path


@pytest.fixture
def callsim() -> Callsim:
    """The command line in this process: ``callsim("run", "shop.yaml")``."""

    def call(*words: str) -> Result:
        return CliRunner().invoke(app, list(words))

    return call
