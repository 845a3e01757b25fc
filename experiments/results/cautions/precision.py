"""``target_missed``: replications ended at their largest number, or could not help, before a figure was precise."""

from __future__ import annotations

import math
from collections.abc import Iterator

from experiments.results.cautions.rows import Caution, Finished
from experiments.results.cells import metric_named
from experiments.results.precision import Precision, precision_of
from experiments.results.samples import share_of
from experiments.statistics.stopping import Target, half_width, is_hopeless, is_met, replications_needed
from reports.evidence import ALL
from reports.words import counted
from simulator.spec.stopping import MOST_REPLICATIONS
from simulator.spec.units import format_duration


def missed_targets(finished: Finished) -> Iterator[Caution]:
    """Find settings in which the figure that decides when to stop is not as precise as was asked for."""
    for setting, scenario in sorted(finished.scenarios.items()):
        found = precision_of(finished.cells, scenario)
        if found is not None and not is_met(found.interval, found.target):
            played = finished.cells.replications(setting)
            yield Caution(*setting, *found.cell, "target_missed", _detail(found, played))


def _detail(found: Precision, played: int) -> str:
    """What there is instead of the precision, and what would help; no number is shown that is not there."""
    interval, wanted, metric = found.interval, found.target, found.cell.metric
    after = f"after {counted(played, 'replication')}"
    if math.isnan(interval.estimate):
        return _unmeasured(found, played)
    if math.isinf(interval.estimate):
        return _infinite(found, after)
    if math.isnan(half_width(interval)):
        return _unbounded(found, after)
    text = f"{after} half the interval is {_shown(metric, half_width(interval))}, wanted was {_wanted(metric, wanted)}"
    needed = replications_needed(interval, wanted)
    if math.isnan(needed):
        return f"{text}; the estimate is 0, and no interval is as narrow as a share of that: give half_width a unit"
    if needed > MOST_REPLICATIONS:
        out_of_reach = (
            f"that takes about {needed:,.0f} replications, and {MOST_REPLICATIONS:,} are the most there can be"
        )
        return f"{text}; {out_of_reach}: it is out of reach, make half_width wider or duration longer"
    return f"{text}; that takes about {needed:,.0f} replications: {_more(found)}"


def _unmeasured(found: Precision, played: int) -> str:
    if is_hopeless(found.interval):
        return f"{found.cell.metric} was never measured, so no number of replications makes it precise"
    return f"{found.cell.metric} was never measured in {counted(played, 'replication')}: {_more(found)}"


def _infinite(found: Precision, after: str) -> str:
    """A mean is infinite for good. A percentile or a median is if too many are, which replications may yet refute."""
    metric, share = found.cell.metric, share_of(found.cell.metric)
    never = (
        f"more than {_percent(share)} of what it is taken over never end" if share else "half or more never get there"
    )
    if is_hopeless(found.interval):
        return f"{after} {metric} is infinite, so it has no interval, and more would not help"
    text = f"{after} {metric} is infinite: {never}"
    return f"{text}; whether that is chance is not decided: {_more(found)}"


def _unbounded(found: Precision, after: str) -> str:
    """There is an estimate, but an end of the interval is missing or infinite."""
    interval, metric, share = found.interval, found.cell.metric, share_of(found.cell.metric)
    if share and math.isinf(interval.high):
        about = f"about as many as the {_percent(share)} beyond it never end"
        return f"{after} the interval of {metric} ends at infinity: {about}; more replications help only if fewer do"
    if share and interval.count > 1:
        few = f"too few values lie beyond {metric} to say how high it can be"
        return f"{after} {few}: {_more(found)}"
    with_value = f"{interval.count} of them {'has' if interval.count == 1 else 'have'} a {metric}"
    return f"{after} there is no interval, for only {with_value}: {_more(found)}"


def _more(found: Precision) -> str:
    """What to do for more values."""
    longer = "make duration longer" if found.cell.phase == ALL else "make the phase longer"
    if found.most < MOST_REPLICATIONS:
        return f"raise max (now {found.most:,}), or {longer}"
    return f"{longer}, or half_width wider"


def _percent(share: float) -> str:
    """What lies beyond a percentile."""
    return f"{100 * (1 - share):.3g} %"


def _wanted(metric: str, target: Target) -> str:
    return f"{100 * target.half_width:.3g} % of the estimate" if target.relative else _shown(metric, target.half_width)


def _shown(metric: str, value: float) -> str:
    """A finite value with its unit, three digits."""
    unit = metric_named(metric).unit
    if unit == "s":
        return format_duration(float(f"{value:.3g}"))
    return (
        f"{100 * value:.3g} %" if unit == "share" else f"{value:.3g}{unit.removeprefix('1') if unit == '1/s' else ''}"
    )
