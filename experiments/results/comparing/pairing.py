"""Which replications of two folders were played on the same random numbers, and why others were not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from experiments.results.cells import Setting
from experiments.results.comparing.figures import Figures


class Pairing(NamedTuple):
    """The replications of one setting that are compared.

    Attributes:
        before: their numbers.
        after: the same ones, unless they are not paired.
        apart: why they are compared as two independent groups, in a few words; empty if they are paired.
    """

    before: Sequence[int]
    after: Sequence[int]
    apart: str


def pairing_of(setting: Setting, before: Figures, after: Figures) -> Pairing:
    """Say which replications of a setting are compared: those of the same seed and number, if at least two are."""
    numbers = before.numbers(setting), after.numbers(setting)
    common = sorted(set(numbers[0]) & set(numbers[1]))
    if before.seed(setting) != after.seed(setting):
        return Pairing(*numbers, "the seeds differ")
    if len(common) < min(2, *map(len, numbers)) or not common:
        how_many = "only one replication number" if common else "no replication number"
        return Pairing(*numbers, f"{how_many} in common ({_range(numbers[0])} and {_range(numbers[1])})")
    return Pairing(common, common, "")


def why_apart(before: Figures, after: Figures) -> str:
    """Return why replications are not paired, of the first setting that both have and where they are not."""
    both = sorted(set(before.settings()) & set(after.settings()))
    reasons = (pairing_of(setting, before, after).apart for setting in both)
    return next((reason for reason in reasons if reason), "")


def _range(numbers: Sequence[int]) -> str:
    return f"{numbers[0]} to {numbers[-1]}" if len(numbers) > 1 else ", ".join(map(str, numbers))
