"""Versions behind a route, side by side: the table, and the sentences for a terminal or a pull request."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from reports.estimates import Comparison, rows_of, text_of
from reports.evidence import ALL, Evidence
from reports.tables import Table, tone
from reports.words import metric_words

TITLE = "Versions behind a route"
METRICS = ("error_rate", "latency_mean", "latency_p50", "latency_p99")
"""What is shown of two versions; the rest is in ``branches.csv``."""

_Key = tuple[str, str, str, str, str]
"""Variant, point, route, branch and the branch that it is compared with."""


def branch_table(evidence: Evidence, point: str) -> Table | None:
    """Return how versions differ over the whole window at a sweep point, or None where no route splits."""
    rows, tones = [], []
    for key, found in _found(evidence, {(variant, point) for variant in evidence.variants}).items():
        variant, _, route, branch, reference = key
        cells = [f"{found[metric]} {found[metric].verdict}" if metric in found else "" for metric in METRICS]
        rows.append((variant, route, branch, reference, *cells))
        tones.append(
            {4 + place: tone(found[metric].verdict) for place, metric in enumerate(METRICS) if metric in found}
        )
    if not rows:
        return None
    titles = ("variant", "route", "version", "against", *map(metric_words, METRICS))
    note = "Within the same runs, replication by replication; negative: less than the other version."
    return Table(TITLE, titles, tuple(rows), 4, tuple(tones), note).finished(evidence, "Mean differences")


def branch_sentences(evidence: Evidence, settings: Collection[tuple[str, str]]) -> Iterator[str]:
    """Return one sentence per setting and version: how it differs from the one with the largest share."""
    for (variant, point, route, branch, reference), found in _found(evidence, settings).items():
        told = [
            f"{metric_words(metric)} {found[metric]} {found[metric].verdict}" for metric in METRICS[:2] + METRICS[3:]
        ]
        where = f"{variant} {point}".strip() if len(settings) > 1 else ""
        yield f"{f'{where}, ' if where else ''}{route}: {branch} against {reference}: {'; '.join(told)}"


def _found(evidence: Evidence, settings: Collection[tuple[str, str]]) -> dict[_Key, dict[str, Comparison]]:
    """Return the comparisons of some settings, variants in the order of the file."""
    every: dict[_Key, dict[str, Comparison]] = {}
    for row in rows_of(evidence.branches):
        setting = (str(row.variant), text_of(row.point))
        if setting in settings and row.phase == ALL and row.metric in METRICS:
            key = (*setting, str(row.route), str(row.branch_a), str(row.branch_b))
            figures = (float(row.difference), float(row.ci_low), float(row.ci_high), str(row.unit), float(row.p_value))
            every.setdefault(key, {})[str(row.metric)] = Comparison(*figures, str(row.verdict))
    order = {name: place for place, name in enumerate(evidence.variants)}
    return dict(sorted(every.items(), key=lambda entry: (order.get(entry[0][0], 0), entry[0])))
