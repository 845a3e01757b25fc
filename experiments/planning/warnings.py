"""What can be said against an experiment before it is played: more is asked for than there is."""

from __future__ import annotations

import math
from collections.abc import Mapping

from experiments.planning.load import Load, Offered
from simulator.spec.scenario import Scenario


def place_of(scenario: Scenario) -> str:
    """A setting in words: ``variant saga at rate=80/s``."""
    return f"variant {scenario.variant}" + (f" at {scenario.point}" if scenario.point else "")


def overload_warning(offered: Mapping[str, Offered]) -> str | None:
    """Name what is overloaded most, and say how many more are; None where nothing is.

    Args:
        offered: the loads by setting in words (see `place_of`).
    """
    found = [(load.warm, place, load) for place, one in offered.items() for load in one.loads if load.overloaded]
    if not found:
        return None
    found.sort(key=lambda row: (-row[0], row[1], row[2].component))
    _, place, worst = found[0]
    others = len(found) - 1
    more = f" (and {others} more)" if others else ""
    return f"{place}: {excess(worst)}: its queue grows as long as the run lasts, or requests are refused{more}"


def excess(load: Load) -> str:
    """How much more is asked of a station than it has."""
    what = f"{load.component} is offered "
    if math.isinf(load.warm):
        return f"{what}work whose mean is infinite"
    return f"{what}{load.warm:.2f} times what its {load.resource} can do"
