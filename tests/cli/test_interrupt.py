"""Ctrl-C ends a run cleanly, wherever it is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def running_command(*words: str) -> subprocess.Popen[str]:
    """Start the command line in a process group of its own, as a shell does, where Ctrl-C is not ignored: who starts
    the tests in the background hands that down."""
    return subprocess.Popen(
        [sys.executable, "-m", "experiments.cli", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL) and None,  # noqa: PLW1509 - no threads
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )


def wait_until_playing(process: subprocess.Popen[str], folder: Path) -> None:
    """Return when the stage of the results has its first file."""
    while not list(folder.glob("results/.shop.*.partial/runs.parquet")):
        try:
            pytest.fail(f"ended with status {process.wait(timeout=0.05)} before anything was played")
        except subprocess.TimeoutExpired:
            continue


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_interrupted_run_leaves_nothing_behind(shop: Path, jobs: str) -> None:
    endless = ["--set", "run.duration=1000h", "--set", "run.record=summary", "--no-page"]
    with running_command("run", "shop.yaml", "--jobs", jobs, *endless) as process:
        wait_until_playing(process, shop.parent)
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors == "callsim: interrupted, nothing was written\n"
    assert list((shop.parent / "results").iterdir()) == []
