"""From the timed rounds to what is printed and stored: medians, and ratios taken within each round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from statistics import median

from benchmarks.contestants import START_UP_LIMIT, Contestant, Run

Rounds = Sequence[Mapping[str, Run]]
"""Each round by contestant's name. A ratio is taken inside a round, so that a slow minute slows both its sides."""

RATIOS = (
    ("callsim mm1", "textbook mm1"),
    ("callsim mm1", "ciw mm1"),
    ("callsim checkout", "bare timeouts"),
)
START_UPS = {
    "callsim mm1": "callsim start-up",
    "textbook mm1": "textbook start-up",
    "ciw mm1": "ciw start-up",
    "callsim checkout": "callsim start-up",
    "bare timeouts": "bare start-up",
}
THEORY = 0.050
"""The M/M/1's mean time in the system, seconds: 1 / (1/mean - rate)."""


def ratio(rounds: Rounds, above: str, below: str) -> tuple[float, float, float]:
    """Median, smallest and largest over the rounds of one rate divided by the other."""
    found = [one[above].per_second / one[below].per_second for one in rounds]
    return median(found), min(found), max(found)


def start_up_share(rounds: Rounds, name: str) -> float:
    """The part of a contestant's time that went into starting, by medians."""
    starts = median(one[START_UPS[name]].seconds for one in rounds)
    return starts / median(one[name].seconds / one[name].processes for one in rounds)


def table(rounds: Rounds, contestants: Sequence[Contestant]) -> list[str]:
    """The lines to print: what each did, its start-up on a line of its own, and the ratios."""
    lines = [f"medians of {len(rounds)} interleaved rounds, whole processes, start-up included", ""]
    for contestant in contestants:
        if contestant.name in START_UPS:
            lines.append(_rate_line(rounds, contestant))
    lines.append("")
    lines += [_start_up_line(rounds, name) for name in START_UPS]
    lines.append("")
    lines += [_ratio_line(rounds, *pair) for pair in RATIOS]
    return lines


def _rate_line(rounds: Rounds, contestant: Contestant) -> str:
    runs = [one[contestant.name] for one in rounds]
    rate, seconds = median(run.per_second for run in runs), median(run.seconds for run in runs)
    means = [run.latency_mean for run in runs if run.latency_mean is not None]
    check = f"   mean latency {1000 * median(means):.2f} ms (theory {1000 * THEORY:.0f} ms)" if means else ""
    return f"{contestant.name:<18} {rate:>12,.0f} {contestant.unit}/s in {seconds:>6.1f} s{check}"


def _start_up_line(rounds: Rounds, name: str) -> str:
    share = start_up_share(rounds, name)
    seconds = median(one[START_UPS[name]].seconds for one in rounds)
    warning = "" if share < START_UP_LIMIT else f"   over {START_UP_LIMIT:.0%}: the ratios below understate it"
    return f"start-up of {name:<18} {seconds:>6.2f} s, {share:.1%} of its time{warning}"


def _ratio_line(rounds: Rounds, above: str, below: str) -> str:
    middle, low, high = ratio(rounds, above, below)
    return f"RATIO {above} / {below}: {middle:.3g} (from {low:.3g} to {high:.3g})"


def record(rounds: Rounds) -> dict[str, object]:
    """Everything measured, as plain values for JSON."""
    names = ("median", "low", "high")
    return {
        "ratios": {f"{a} / {b}": dict(zip(names, ratio(rounds, a, b), strict=True)) for a, b in RATIOS},
        "start_up_shares": {name: start_up_share(rounds, name) for name in START_UPS},
        "rounds": [{name: asdict(run) for name, run in one.items()} for one in rounds],
    }
