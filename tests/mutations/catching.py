"""What catches a mutation: a recorded vector, a known answer of the truth suite, the books, a law, or numbers that
anybody can work out by hand. Each is a test that exists, or an experiment whose numbers are stated beside it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.replay.breakers import BreakerPlayer
from simulator.run import ConservationError
from tests import conformance
from tests.conformance import test_limits, test_outliers, test_rate_limiters, test_retries
from tests.support import Played, play
from tests.truth import playing
from tests.truth.suite import MODELS

RECORDED: dict[str, dict[str, Any]] = {
    vector["id"]: vector
    for vector in json.loads((Path(conformance.__path__[0]) / "policy_vectors.json").read_text(encoding="utf-8"))[
        "vectors"
    ]
}


def _breaker(name: str) -> None:
    recorded = RECORDED[name]
    player = BreakerPlayer(recorded["policy"], recorded["params"])
    for event, expected in zip(recorded["events"], recorded["expect"], strict=True):
        found = player.play(event).found
        assert found == tuple(expected), f"{event}: {found[0]}, {found[1]}; recorded: {expected[0]}, {expected[1]}"


PLAYERS: dict[str, Callable[[Any], None]] = {
    "circuit_breaker": _breaker,
    "rate_limiter": test_rate_limiters.test_every_verdict_is_the_recorded_one,
    "concurrency_limit": test_limits.test_the_limit_after_each_sample_is_the_recorded_one,
    "backoff": test_retries.test_recorded_delays,
    "retry_timeline": test_retries.test_recorded_attempts_of_a_call_that_always_fails,
    "retry_throttle_grpc": lambda _: test_retries.test_tb_grpc_java_throttle(),
    "outlier_detection": test_outliers.test_the_cap_decides_whether_the_third_failure_in_a_row_ejects,
}
"""The tests that play recorded vectors, by policy."""


@dataclass(frozen=True)
class Case:
    """Something that holds for callsim.

    Attributes:
        name: where it comes from, and its name there.
        play: plays it (in an empty folder) and raises if it does not hold.
    """

    name: str
    play: Callable[[Path], None]

    def complaint(self, folder: Path) -> str:
        """What is wrong, in one line; empty if it holds."""
        folder.mkdir(parents=True, exist_ok=True)
        try:
            self.play(folder)
        except (AssertionError, ConservationError) as error:
            return str(error).strip().partition("\n")[0] or repr(error)
        return ""


def vector(name: str) -> Case:
    """A recorded sequence of events of a real library (tests/conformance/policy_vectors.json)."""
    policy = str(RECORDED[name]["policy"]).partition("/")[0]
    return Case(f"vector `{name}`", lambda _: PLAYERS[policy](name))


def truth(name: str) -> Case:
    """A model of the truth suite, held against the formulas that it is known by (tests/truth)."""

    def run(_: Path) -> None:
        wrong = [one for one in playing.play(MODELS[name]) if not one.agrees]
        assert not wrong, "; ".join(f"{one.case}: {one.complaint}" for one in wrong)

    return Case(f"truth `{name}`", run)


def law(name: str, check: Callable[[Path], None]) -> Case:
    """A law that every experiment keeps."""
    return Case(name, check)


def books(name: str, text: str, *overrides: str) -> Case:
    """The books that are checked at the end of every run: the run itself fails if they do not balance."""

    def run(folder: Path) -> None:
        play(folder, text, *overrides)

    return Case(f"books: {name}", run)


def by_hand(name: str, text: str, check: Callable[[Played], None]) -> Case:
    """An experiment without chance, whose numbers anybody can work out."""

    def run(folder: Path) -> None:
        check(play(folder, text))

    return Case(f"by hand: {name}", run)
