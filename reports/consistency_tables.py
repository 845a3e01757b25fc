"""Consistency as tables: what became of the requests of a workload, and why messages were lost."""

from __future__ import annotations

from reports.estimates import Estimate, Estimates, rows_of, text_of
from reports.evidence import Evidence
from reports.tables import Table
from reports.words import metric_words

COLUMNS = (
    *("done", "undone", "orphaned", "duplicated", "duplicates", "false_ok", "false_error", "stuck_sagas", "unfinished"),
    *("inconsistency_window_mean", "inconsistency_window_p99", "staleness_mean", "staleness_p99", "stale_reads"),
    *("lost", "dead_lettered", "out_of_order"),
)


def consistency_table(evidence: Evidence, estimates: Estimates, workload: str, point: str) -> Table | None:
    """Return what a workload's requests left behind over the whole window; None where nothing was measured."""
    keys = [(variant, point, workload) for variant in evidence.variants]
    columns = [metric for metric in COLUMNS if any(estimates.get(*key, metric).known for key in keys)]
    if not columns:
        return None
    rows = [(key[0], *(str(estimates.get(*key, metric)) for metric in columns)) for key in keys]
    titles = ("variant", *map(metric_words, columns))
    note = (
        "Shares of requests; duplicates, lost, dead letters and out of order per request; windows of requests that"
        " leave two effects or more."
    )
    return Table(f"{workload}, consistency", titles, tuple(rows), 1, note=note).finished(evidence)


def loss_table(evidence: Evidence, point: str) -> Table | None:
    """Return the messages lost at a sweep point by topic and reason, or None if none was."""
    if evidence.losses.empty:
        return None
    order = {name: place for place, name in enumerate(evidence.variants)}
    found = [row for row in rows_of(evidence.losses) if text_of(row.point) == point]
    rows = []
    for row in sorted(found, key=lambda row: (str(row.operation), str(row.reason), order.get(str(row.variant), 0))):
        share = Estimate(float(row.mean), float(row.ci_low), float(row.ci_high), "share")
        label = (str(row.operation).replace(":", ": ", 1), str(row.reason).replace("_", " "), str(row.variant))
        rows.append((*label, f"{int(row.messages):,} of {int(row.of):,}", str(share)))
    if not rows:
        return None
    titles = ("where", "why", "variant", "messages", "share")
    note = "Messages taken in during the window, over all replications."
    return Table("Messages lost, and why", titles, tuple(rows), 3, note=note).finished(evidence, "Shares")
