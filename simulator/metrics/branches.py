"""The figures of the branches behind a gateway's routes: what each version got, how it ended, how long it took."""

from __future__ import annotations

from collections.abc import Mapping
from math import nan, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.metrics.figures import Figure, Figures, average, percentile, ratio
from simulator.metrics.names import PERCENTILES
from simulator.metrics.requests import within
from simulator.outcomes import Outcome

if TYPE_CHECKING:
    from simulator.metrics.phases import Phase
    from simulator.metrics.timeline import Rows, Windows
    from simulator.services.routes import BranchTally

Tallies = Mapping[tuple[str, str], "BranchTally"]
"""What was counted, by route and branch."""


def branch_name(route: str, branch: str) -> str:
    """The operation of a branch in tables."""
    return f"route:{route}/{branch}"


def branch_figures(tally: BranchTally, phase: Phase) -> Figures:
    """One branch's metrics in a phase: throughput by the time of the answer, the rest by the time of the call."""
    answers = _Answers.of(tally)
    yield Figure("throughput", float(np.count_nonzero(within(answers.ended, phase.pieces))) / phase.seconds)
    yield from answers.where(within(answers.began, phase.pieces)).figures()


def branch_rows(tallies: Tallies, windows: Windows) -> Rows:
    """Every branch's figures window by window, by the time of the answer: what somebody who watches knows by then."""
    for (route, branch), tally in tallies.items():
        name = branch_name(route, branch)
        answers = _Answers.of(tally)
        places = windows.place(answers.ended)
        order = np.argsort(places, kind="stable")
        bounds = np.searchsorted(places[order], np.arange(windows.number + 1))
        for number, (begin, end) in enumerate(windows.pieces()):
            rows = answers.where(order[bounds[number] : bounds[number + 1]])
            yield name, "throughput", begin, len(rows.seconds) / (end - begin)
            for figure in rows.headlines():
                yield name, figure.metric, begin, figure.value


class _Answers:
    """Answers of one branch as columns: when it was called and answered, for how long (seconds), and the outcome."""

    __slots__ = ("began", "ended", "outcomes", "seconds")

    def __init__(self, began: Any, seconds: Any, outcomes: Any) -> None:
        self.began = began
        self.seconds = seconds
        self.ended = began + seconds
        self.outcomes = outcomes

    @classmethod
    def of(cls, tally: BranchTally) -> _Answers:
        """All answers of a run."""
        outcomes = np.frombuffer(tally.outcomes, dtype=np.int8)
        return cls(np.frombuffer(tally.began), np.frombuffer(tally.seconds), outcomes)

    def where(self, rows: Any) -> _Answers:
        """Some of them."""
        return _Answers(self.began[rows], self.seconds[rows], self.outcomes[rows])

    def share(self, metric: str, *outcomes: Outcome) -> Figure:
        """The share that ended in one of these ways; NaN of none."""
        return ratio(metric, sum(int((self.outcomes == outcome).sum()) for outcome in outcomes), len(self.outcomes))

    def headlines(self) -> Figures:
        """Errors, and the latency of ok answers."""
        good = np.sort(self.seconds[self.outcomes == Outcome.OK])
        centre = average("latency_mean", good)
        yield self.share("error_rate", *_ERRORS)
        yield self.share("client_error_rate", Outcome.CLIENT_ERROR)
        yield centre
        yield Figure("latency_sd", _deviation(good, centre.value), len(good))
        for suffix in ("p50", "p99"):
            yield percentile(f"latency_{suffix}", good, PERCENTILES[suffix])

    def figures(self) -> Figures:
        """The same, every kind of outcome, and every percentile."""
        yield from self.headlines()
        for outcome in _ERRORS:
            yield self.share(f"{outcome.label}_rate", outcome)
        yield average("answer_latency_mean", self.seconds)
        good = np.sort(self.seconds[self.outcomes == Outcome.OK])
        for suffix in ("p90", "p95", "p999"):
            yield percentile(f"latency_{suffix}", good, PERCENTILES[suffix])


def _deviation(values: Any, centre: float) -> float:
    """The standard deviation; NaN below two values."""
    count = len(values)
    return sqrt(float(np.add.reduce((values - centre) ** 2)) / (count - 1)) if count > 1 else nan


_ERRORS = tuple(outcome for outcome in Outcome if outcome not in (Outcome.OK, Outcome.CLIENT_ERROR))
