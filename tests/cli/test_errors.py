"""Whatever goes wrong ends in a sentence and the exit status that belongs to it."""

from __future__ import annotations

import errno

import pytest
import typer

from experiments.cli.errors import reporting_errors
from experiments.language import ExperimentError, Problem
from experiments.results.cells import Setting
from experiments.results.folder import FolderRefused
from experiments.running.executor import Failure, RunFailed
from experiments.running.plan import Task

TASK = Task(0, Setting("saga", "rate=5"), 3, seed=42)
UNBALANCED = RunFailed(TASK, Failure("ConservationError", "orders: 2 workers were never returned", ""))

CASES: list[tuple[BaseException, int, str]] = [
    (
        ExperimentError([Problem("a.yaml", 3, 5, "run", "x", "must be y"), Problem("a.yaml", 9, 1, "", "", "no")]),
        2,
        "a.yaml:3:5: run: must be y (got x)\na.yaml:9:1: no\n",
    ),
    (FolderRefused("out: is a file"), 2, "callsim: out: is a file\n"),
    (
        UNBALANCED,
        1,
        "callsim: a run failed, nothing was written: variant saga, point rate=5, replication 3, seed 42: "
        "ConservationError: orders: 2 workers were never returned\n",
    ),
    (OSError(errno.ENOSPC, "No space left on device", "/data/out"), 1, "callsim: /data/out: No space left on device\n"),
    (KeyboardInterrupt(), 130, "callsim: interrupted, nothing was written\n"),
]


@pytest.mark.parametrize(("error", "status", "message"), CASES)
def test_every_kind_of_error_has_its_status_and_message(
    error: BaseException, status: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as left, reporting_errors():
        raise error
    assert left.value.exit_code == status
    assert capsys.readouterr().err == message


def test_a_bug_is_a_sentence_with_its_place_and_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as left, reporting_errors():
        raise ZeroDivisionError("division by zero")
    assert left.value.exit_code == 1
    message = capsys.readouterr().err
    assert message.startswith("callsim: internal error, please report it: ZeroDivisionError: division by zero [")
    assert "test_errors.py:" in message
    assert message.count("\n") == 1
