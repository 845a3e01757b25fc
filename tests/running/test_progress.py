"""The progress bar: how long it will take, and silence where nobody watches."""

from __future__ import annotations

import pytest

from experiments.running.progress import progress_bar, time_left
from simulator.results import RunResult


@pytest.mark.parametrize(
    ("elapsed", "finished", "text"),
    [(88.0, 2, "0:05:52 left"), (10.0, 9, "0:00:01 left"), (9000.0, 1, "22:30:00 left"), (50.0, 10, "")],
)
def test_the_time_left_is_that_of_the_average_run(elapsed: float, finished: int, text: str) -> None:
    assert time_left(elapsed, finished, 10) == text


def test_nothing_is_shown_where_the_error_stream_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar() as watch:
        watch.expect(10)
        watch.done(RunResult({}, {}, {}, None))
    assert capsys.readouterr().err == ""
