"""What is said before the first run: that some figures will mean little, and why. At most one line a kind."""

from __future__ import annotations

from collections.abc import Iterator

from experiments.planning.load import offered_load
from experiments.planning.warnings import overload_warning, place_of
from experiments.running.batching import is_cut
from experiments.running.deciding import undeciding
from experiments.running.preparation import Prepared


def forewarnings(prepared: Prepared) -> list[str]:
    """Return what speaks against playing an experiment as it stands; each a line, without a full stop."""
    single = all(is_cut(scenario) for scenario in prepared.plan.scenarios)  # then batches decide
    return [*_overload(prepared), *undeciding([] if single else [task.setting for task in prepared.plan.tasks])]


def _overload(prepared: Prepared) -> Iterator[str]:
    """More is offered than can be done, on average over the window, changes during the run apart."""
    found = overload_warning({place_of(scenario): offered_load(scenario) for scenario in prepared.plan.scenarios})
    if found is not None:
        yield found
