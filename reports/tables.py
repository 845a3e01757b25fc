"""The page's tables as plain text cells: who renders them decides how they look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports.cautions import mark_note
from reports.estimates import FEW, Estimate, Estimates
from reports.evidence import ALL, COMPONENT_PREFIXES, Evidence
from reports.numbers import plain, with_interval
from reports.objectives import Score, scores_of
from reports.points import values_of
from reports.recovery import recoveries_of
from reports.sureness import has_intervals, sureness
from reports.words import metric_words, phase_words

HEADLINES = (
    *("throughput", "goodput", "error_rate", "client_error_rate", "latency_p50", "latency_p99", "completion_p99"),
    *("done", "undone", "orphaned", "duplicates", "false_ok", "false_error", "stuck_sagas", "unfinished"),
    *("calls_per_request", "retries", "timeouts", "rejected"),
)
PHASE_COLUMNS = (
    *("goodput", "error_rate", "latency_p50", "latency_p99", "completion_p99", "orphaned", "duplicates"),
    *("false_ok", "recovered", "recovery_time"),
)
COMPONENT_COLUMNS = (
    *("utilization", "cpu_utilization", "hit_ratio", "queue_length", "queue_length_max", "wait_mean"),
    *("backlog", "backlog_max", "wasted_work"),
    *("breaker_open_share", "breaker_opens", "message_age_p99", "lost", "dead_lettered"),
    *("deliveries", "redelivered", "out_of_order"),
)
COMPARED = (
    "goodput",
    "throughput",
    "error_rate",
    "latency_p50",
    "latency_p99",
    "completion_p99",
    "orphaned",
    "duplicates",
)
MOST_ROWS = 400
"""A longer table is cut, and says so."""

_FEW = "n: the replications that have the figure, where not all do."


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under column names; the first ``labels`` columns name the row.

    ``tones`` gives a row's cells a meaning by column number (``good``, ``bad`` or ``unsure``).
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    labels: int = 1
    tones: tuple[dict[int, str], ...] = ()
    note: str = ""

    def finished(self, evidence: Evidence, what: str = "Figures") -> Table:
        """Return the table with at most `MOST_ROWS` rows, and below it how sure its figures are, what marks mean and
        what is missing. ``what`` the figures are, of the replications."""
        missing = len(self.rows) - MOST_ROWS
        rows = self.rows[:MOST_ROWS]
        parts = (
            f"{sureness(evidence, what)}{' in brackets' if has_intervals(evidence) else ''}.",
            self.note,
            _FEW if any(FEW in cell for row in rows for cell in row) else "",
            mark_note(cell for row in rows for cell in row),
            f"{missing} more rows are in the data files." if missing > 0 else "",
        )
        note = " ".join(part for part in parts if part)
        return Table(self.title, self.columns, rows, self.labels, self.tones[:MOST_ROWS], note)


def workload_table(evidence: Evidence, estimates: Estimates, workload: str) -> Table:
    """Return a workload's figures over the whole window: a row per variant, or per point and variant of a sweep."""
    swept = len(evidence.points) > 1
    keys = [(variant, point) for point in evidence.points for variant in evidence.variants]
    scores = scores_of(evidence)
    columns = _with_figures(estimates, [(variant, point, workload) for variant, point in keys], HEADLINES, ALL)
    names = (*(evidence.axes if swept else ()), "variant")
    rows = []
    for variant, point in keys:
        label = [*values_of(point, evidence.axes).values(), variant] if swept else [variant]
        verdict = [_score_text(scores[variant, point])] if swept else []
        cells = [str(estimates.get(variant, point, workload, metric)) for metric in columns]
        rows.append((*label, *verdict, *cells))
    titles = (*names, *(["objectives met"] if swept else []), *(metric_words(metric) for metric in columns))
    return Table(f"{workload}, the whole window", titles, tuple(rows), len(names)).finished(evidence)


def phase_table(evidence: Evidence, estimates: Estimates, workload: str, point: str) -> Table | None:
    """Return a workload's figures by phase, or None where there is only one phase."""
    phases = evidence.phase_names
    if len(phases) < 2:
        return None
    keys = [(variant, point, workload) for variant in evidence.variants]
    columns = [
        metric for metric in PHASE_COLUMNS if any(_with_figures(estimates, keys, (metric,), phase) for phase in phases)
    ]
    rows = [
        (phase_words(phase), variant, *(_or_blank(estimates.get(*key, metric, phase)) for metric in columns))
        for phase in phases
        for variant, key in zip(evidence.variants, keys, strict=True)
    ]
    titles = ("phase", "variant", *(metric_words(metric) for metric in columns))
    note = "Empty: not measured in this phase."
    return Table(f"{workload}, phase by phase", titles, tuple(rows), 2, note=note).finished(evidence)


def comparison_table(evidence: Evidence, estimates: Estimates, workload: str, point: str) -> Table | None:
    """Return the paired differences from the baseline over the whole window, or None where nothing was compared."""
    others = [variant for variant in evidence.variants if variant != evidence.baseline]
    rows, tones = [], []
    for variant in others:
        found = {metric: estimates.versus_baseline(variant, point, workload, metric) for metric in COMPARED}
        if any(found.values()):
            texts = [f"{item} {item.verdict}" if item else "" for item in found.values()]
            rows.append((variant, *texts))
            tones.append({place + 1: tone(item.verdict) for place, item in enumerate(found.values()) if item})
    if not rows:
        return None
    titles = ("variant", *(metric_words(metric) for metric in COMPARED))
    note = "On common random numbers; negative: less than the baseline; points: of a percentage."
    title = f"{workload}, against the baseline {evidence.baseline}"
    return Table(title, titles, tuple(rows), 1, tuple(tones), note).finished(evidence, "Mean differences")


def recovery_table(evidence: Evidence, estimates: Estimates, point: str) -> Table | None:
    """Return who recovered after what, and how often never; None where no bounds say what recovering is."""
    rows, tones = [], []
    for found in recoveries_of(evidence):
        if found.point != point:
            continue
        times = found.recovered
        ends = (plain(times[0], "s"), plain(times[-1], "s")) if times else ("", "")
        place = (found.variant, point, found.operation)
        share = estimates.get(*place, "recovered", found.phase)
        often = f"{len(times)} of {len(found.times)}{', both ways' if found.goes_both_ways else ''}"
        shown = f"{often}: {share}" if share.known else often
        median = with_interval(found.median, *estimates.get(*place, "recovery_time", found.phase)[1:3], "s")
        label = (found.operation, phase_words(found.phase), found.variant)
        rows.append((*label, shown, str(found.never), median, *ends))
        tones.append({3: "unsure" if found.goes_both_ways else "bad" if found.never else "good"})
    if not rows:
        return None
    titles = ("workload", "phase", "variant", "recovered", "never", "median", "fastest", "slowest")
    note = (
        "The time until all bounds without a phase held in three intervals of run.window in a row. "
        "The median counts never as longer than any time; both ways: look at the replications, not at a mean."
    )
    return Table("Recovery", titles, tuple(rows), 3, tuple(tones), note).finished(evidence, "Shares and medians")


def component_table(evidence: Evidence, estimates: Estimates, point: str) -> Table | None:
    """Return what services, pools, calls, topics, brokers and routes report of themselves, or None if they do not."""
    found = [str(name) for name in evidence.summary["operation"].unique()]
    components = sorted((name for name in found if name.startswith(COMPONENT_PREFIXES)), key=_component_order)
    keys = [(variant, point, name) for name in components for variant in evidence.variants]
    columns = _with_figures(estimates, keys, COMPONENT_COLUMNS, ALL)
    rows = []
    for variant, _point, name in keys:
        cells = [_or_blank(estimates.get(variant, point, name, metric)) for metric in columns]
        if any(cells):
            rows.append((name.replace(":", ": ", 1), variant, *cells))
    if not rows:
        return None
    titles = ("component", "variant", *map(metric_words, columns))
    return Table("Services, calls and messages", titles, tuple(rows), 2).finished(evidence)


def objective_table(evidence: Evidence) -> Table | None:
    """Return every objective with its figure and verdict, or None without objectives."""
    swept = len(evidence.points) > 1
    rows, tones = [], []
    for (variant, point), score in scores_of(evidence).items():
        for objective in score.objectives:
            label = [*values_of(point, evidence.axes).values(), variant] if swept else [variant]
            rows.append((*label, objective.wanted, objective.measured, objective.verdict))
            tones.append({len(label) + 2: tone(objective.verdict)})
    if not rows:
        return None
    names = (*(evidence.axes if swept else ()), "variant")
    note = "Met or missed: the whole 95 % interval lies on one side of the bound; else undecided."
    titles = (*names, "objective", "figure", "verdict")
    return Table("Objectives", titles, tuple(rows), len(names), tuple(tones), note).finished(evidence)


def _with_figures(
    estimates: Estimates, keys: Sequence[tuple[str, str, str]], metrics: Sequence[str], phase: str
) -> list[str]:
    """Return the metrics of which anything was measured."""
    return [metric for metric in metrics if any(estimates.get(*key, metric, phase).known for key in keys)]


def _or_blank(estimate: Estimate) -> str:
    return str(estimate) if estimate.known else ""


def _score_text(score: Score) -> str:
    return f"{score.number('met')} of {len(score.objectives)} ({score.verdict})" if score.objectives else "none set"


def _component_order(name: str) -> tuple[int, str]:
    return next(place for place, prefix in enumerate(COMPONENT_PREFIXES) if name.startswith(prefix)), name


def tone(verdict: str) -> str:
    """Return how a verdict is coloured: ``good``, ``bad`` or ``unsure``."""
    return {"met": "good", "better": "good", "missed": "bad", "worse": "bad"}.get(verdict, "unsure")
