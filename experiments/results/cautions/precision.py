"""``target_missed``: replications ended at their largest number, or could not help, before a figure was precise."""

from __future__ import annotations

import math
from collections.abc import Iterator

from experiments.results.cautions.rows import Caution, Finished
from experiments.results.cells import metric_named
from experiments.results.precision import Precision, precision_of
from experiments.statistics.stopping import Target, half_width, is_met, replications_needed
from simulator.spec.units import format_duration


def missed_targets(finished: Finished) -> Iterator[Caution]:
    """Find settings in which the figure that decides when to stop is not as precise as was asked for."""
    for setting, scenario in sorted(finished.scenarios.items()):
        found = precision_of(finished.cells, scenario)
        if found is not None and not is_met(found.interval, found.target):
            yield Caution(*setting, *found.cell, "target_missed", _detail(found))


def _detail(found: Precision) -> str:
    count, metric = found.interval.count, found.cell.metric
    if math.isnan(found.interval.estimate):
        return f"{metric} was never measured, so no number of replications makes it precise"
    if math.isinf(found.interval.estimate):
        return f"{metric} is infinite in some of {count} replications, so it has no interval; more would not help"
    reached, wanted = half_width(found.interval), found.target
    text = f"after {count} replications half the interval is {_shown(metric, reached)}, wanted was "
    text += _wanted(metric, wanted)
    needed = replications_needed(found.interval, wanted)
    if math.isnan(needed):
        return f"{text}; the estimate is 0, and no number of replications reaches a share of that"
    return f"{text}; that takes about {needed:,.0f} replications: raise max (now {found.most})"


def _wanted(metric: str, target: Target) -> str:
    return f"{100 * target.half_width:.3g} % of the estimate" if target.relative else _shown(metric, target.half_width)


def _shown(metric: str, value: float) -> str:
    """A value with its unit, three digits."""
    unit = metric_named(metric).unit
    if unit == "s":
        return format_duration(float(f"{value:.3g}"))
    return (
        f"{100 * value:.3g} %" if unit == "share" else f"{value:.3g}{unit.removeprefix('1') if unit == '1/s' else ''}"
    )
