"""The command line starts fast: nobody waits for libraries that a command does not use."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.cli.conftest import Callsim

ROOT = Path(__file__).parents[2]

PLAY = """
import sys
from typer.testing import CliRunner
from experiments.cli.app import app
result = CliRunner().invoke(app, sys.argv[1:])
print(result.exit_code, *sorted({name.partition(".")[0] for name in sys.modules}))
"""


def modules_after(*words: str) -> tuple[str, set[str]]:
    """Return the status of a command in a process of its own, and the libraries that it has loaded."""
    done = subprocess.run(
        [sys.executable, "-c", PLAY, *words],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    status, *modules = done.stdout.split()
    return status, set(modules)


def test_help_loads_no_heavy_library(shop: Path) -> None:
    status, modules = modules_after("--help")
    assert status == "0"
    assert not modules & {"pandas", "numpy", "scipy", "matplotlib", "pyarrow", "pydantic", "simpy"}


def test_without_a_page_nothing_is_drawn(shop: Path) -> None:
    status, modules = modules_after("run", "shop.yaml", "--no-page", "--jobs", "1")
    assert status == "0"
    assert "matplotlib" not in modules


def test_the_version_is_told(callsim: Callsim) -> None:
    result = callsim("--version")
    assert result.exit_code == 0
    assert result.output.startswith("callsim ")


def test_help_shows_examples(callsim: Callsim) -> None:
    result = callsim("run", "--help")
    assert result.exit_code == 0
    assert "callsim run catalog:checkout" in result.output
