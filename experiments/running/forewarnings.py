"""What is said before the first run: that some figures will mean little, and why. At most one line a kind."""

from __future__ import annotations

from experiments.language import Document
from experiments.planning.load import offered_load
from experiments.planning.warnings import overload_warning, place_of
from experiments.running.batching import is_cut
from experiments.running.deciding import undeciding
from experiments.running.preparation import Prepared


def forewarnings(document: Document, prepared: Prepared) -> list[str]:
    """Return what speaks against playing an experiment as it stands; each a line, without a full stop.

    Args:
        document: the loaded file.
        prepared: what is to be played of it.
    """
    overload = _overload(prepared)
    single = all(is_cut(scenario) for scenario in prepared.plan.scenarios)  # then batches decide
    compared = [] if single else [task.setting for task in prepared.plan.tasks]
    return [*([] if overload is None else [overload]), *undeciding(compared)]


def _overload(prepared: Prepared) -> str | None:
    """More is offered than can be done, on average over the window, changes during the run apart."""
    return overload_warning({place_of(scenario): offered_load(scenario) for scenario in prepared.plan.scenarios})
