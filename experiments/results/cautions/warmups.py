"""``warmup_too_long`` and ``warmup_too_short``: what is measured begins too late, or too early."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from experiments.language.warm_up import timed_things
from experiments.results.cautions.rows import Caution, Finished
from experiments.results.cells import Setting
from experiments.results.csvfile import read_csv
from experiments.results.warmup import NAME, WarmupRow
from experiments.results.windows import LATENCY, window_means
from experiments.statistics.beginnings import Beginning, beginning
from experiments.statistics.distributions import normal_quantile
from simulator.spec.run import RunSpec
from simulator.spec.scenario import Scenario
from simulator.spec.units import format_duration

LEVEL = 0.01
"""Chance, over all series of an experiment together, that a normal deviation alone would be called a beginning."""

FEWEST_REPLICATIONS = 3
"""The average of fewer is too rough."""


def long_warmups(finished: Finished) -> Iterator[Caution]:
    """Find warm-ups of more than half the run, and those that pilots could not find the end of."""
    unsure: dict[str, list[WarmupRow]] = defaultdict(list)
    for row in _pilot_rows(finished):
        if row.trusted == "no":
            unsure[row.point].append(row)
    for point, rows in sorted(unsure.items()):
        seen = ", ".join(sorted({f"{row.measure} of {row.operation} ({row.variant})" for row in rows}))
        text = f"pilot runs found no steady state in {seen}, so only the second half of the run is measured"
        yield Caution("", point, "", "", "", "warmup_too_long", f"{text}: make duration longer, or look at the load")
    for setting, scenario in sorted(finished.scenarios.items()):
        run = scenario.experiment.run
        if run.measured_from > run.duration / 2:
            shown = f"{format_duration(run.measured_from)} of {format_duration(run.duration)}"
            text = f"the warm-up takes {shown}: more than half of the run is thrown away; make duration longer"
            yield Caution(*setting, "", "", "", "warmup_too_long", text)


def _pilot_rows(finished: Finished) -> list[WarmupRow]:
    file = finished.folder / NAME
    if not file.exists():
        return []
    return [
        WarmupRow(variant, point, operation, measure, int(replication), float(cut), trusted)
        for variant, point, operation, measure, replication, cut, trusted in read_csv(file)[1:]
    ]


class _Found(NamedTuple):
    """A series that may have a beginning of its own."""

    setting: Setting
    operation: str
    metric: str
    beginning: Beginning


def short_warmups(finished: Finished) -> Iterator[Caution]:
    """Find settings whose measured window begins differently from how it goes on.

    Nothing is said where things happen at set times: there is no steady state to be different from. The more series
    there are, the further out one has to be.
    """
    tried = list(_tried(finished))
    if not tried:
        return
    far = normal_quantile(1 - LEVEL / len(tried) / 2)
    worst: dict[Setting, _Found] = {}
    for found in tried:
        known = worst.get(found.setting)
        if known is None or found.beginning.deviations > known.beginning.deviations:
            worst[found.setting] = found
    searched = {(row.variant, row.point) for row in _pilot_rows(finished)}
    for setting, found in worst.items():
        if found.beginning.deviations > far:
            advice = "" if setting in searched else ", or auto"
            detail = _detail(found, finished.scenarios[setting].experiment.run, advice)
            yield Caution(*setting, "all", found.operation, found.metric, "warmup_too_short", detail)


def _tried(finished: Finished) -> Iterator[_Found]:
    begins = {
        setting: scenario.experiment.run.measured_from
        for setting, scenario in finished.scenarios.items()
        if finished.cells.replications(setting) >= FEWEST_REPLICATIONS and not _is_timed(scenario)
    }
    for setting, series in window_means(finished.folder / "timeline.parquet", begins):
        for (operation, metric), values in sorted(series.items()):
            found = beginning(values)
            if found is not None:
                yield _Found(setting, operation, metric, found)


def _is_timed(scenario: Scenario) -> bool:
    return any(True for _ in timed_things(scenario.experiment))


def _shown(metric: str, value: float) -> str:
    rounded = float(f"{value:.3g}")
    return format_duration(rounded) if metric == LATENCY else f"{rounded:g}"


def _detail(found: _Found, run: RunSpec, advice: str) -> str:
    seen = found.beginning
    until = run.measured_from + seen.ends * run.window
    what = f"{found.metric} of {found.operation}"
    first, later = (_shown(found.metric, value) for value in (seen.first, seen.later))
    text = f"{what} is {first} in the first {format_duration(run.window)} and {later} later"
    if until > run.duration / 2:
        return f"{text}: it changes as long as the run lasts; make duration longer, or look at the load"
    return (
        f"{text}; it takes until {format_duration(until)} to get there: write warmup: {format_duration(until)}{advice}"
    )
