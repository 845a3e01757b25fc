"""``warmup_too_long`` and ``warmup_too_short``: what is measured begins too late, or too early."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from experiments.language.warm_up import timed_things
from experiments.results.cautions.rows import Caution, Finished
from experiments.results.cells import Setting
from experiments.results.csvfile import read_csv
from experiments.results.warmup import NAME, WarmupRow
from experiments.results.windows import LATENCY, window_means
from experiments.statistics.beginnings import Beginning, beginning
from experiments.statistics.distributions import normal_quantile
from experiments.statistics.warm_up import BATCH, FEWEST
from simulator.spec.run import RunSpec
from simulator.spec.scenario import Scenario
from simulator.spec.units import format_duration

LEVEL = 0.01
"""Chance, over all series of an experiment together, that a normal deviation alone would be called a beginning."""

FEWEST_REPLICATIONS = 3
"""The average of fewer is too rough."""


def long_warmups(finished: Finished) -> Iterator[Caution]:
    """Find warm-ups of more than half the run, and those that pilots could not find the end of."""
    rows = _pilot_rows(finished)
    yield from _unsteady(finished, rows)
    yield from _unseen(finished, rows)
    yield from _limited(finished, rows)
    for setting, scenario in sorted(finished.scenarios.items()):
        run = scenario.experiment.run
        if run.measured_from > run.duration / 2:
            text = f"the warm-up takes {_of_run(run)}: more than half of the run is thrown away; make duration longer"
            yield _too_long(setting, text)


def _too_long(setting: Setting, text: str) -> Caution:
    return Caution(*setting, "", "", "", "warmup_too_long", text)


def _of_run(run: RunSpec) -> str:
    return f"{format_duration(run.measured_from)} of {format_duration(run.duration)}"


def _unsteady(finished: Finished, rows: Iterable[WarmupRow]) -> Iterator[Caution]:
    """Points of which pilots saw something without a steady state."""
    unsure: dict[str, list[WarmupRow]] = defaultdict(list)
    for row in rows:
        if row.trusted == "no":
            unsure[row.point].append(row)
    for point, found in sorted(unsure.items()):
        seen = ", ".join(sorted({f"{row.measure} of {row.operation} ({row.variant})" for row in found}))
        text = f"pilot runs found no steady state in {seen}, so only the second half of the run is measured"
        if len({finished.scenarios[setting].experiment.run.duration for setting in _searched(finished, point)}) > 1:
            text = f"pilot runs found no steady state in {seen}, so half of the shortest run is left out of all"
        yield _too_long(Setting("", point), f"{text}: make duration longer, or look at the load")


def _unseen(finished: Finished, rows: Iterable[WarmupRow]) -> Iterator[Caution]:
    """Settings whose pilots had nothing long enough to look at."""
    for setting in sorted(finished.searched - {Setting(row.variant, row.point) for row in rows}):
        shown = _of_run(finished.scenarios[setting].experiment.run)
        text = f"nothing that the pilot runs saw was long enough to find the warm-up in ({FEWEST * BATCH} requests, or"
        text += f" {FEWEST} windows, at least), so {shown} are left out: make duration longer, or write a warmup"
        yield _too_long(setting, text)


def _limited(finished: Finished, rows: Iterable[WarmupRow]) -> Iterator[Caution]:
    """Settings whose pilots ask for more than half of what the shortest variant plays."""
    longest: dict[Setting, float] = defaultdict(float)
    for row in rows:
        longest[Setting(row.variant, row.point)] = max(longest[Setting(row.variant, row.point)], row.cut)
    for setting, cut in sorted(longest.items()):
        run = finished.scenarios[setting].experiment.run
        if cut > run.measured_from and run.measured_from < run.duration / 2:
            text = f"pilot runs ask for a warm-up of {format_duration(float(f'{cut:.3g}'))}, and no more than"
            text += f" {format_duration(run.measured_from)} are left out, half of the shortest variant's run"
            yield _too_long(setting, f"{text}: make its duration longer")


def _searched(finished: Finished, point: str) -> list[Setting]:
    return [setting for setting in finished.searched if setting.point == point]


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
    for setting, found in worst.items():
        if found.beginning.deviations > far:
            advice = "" if setting in finished.searched else ", or auto"
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
