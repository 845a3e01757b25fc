"""Names and lists as they read well: shortened labels, phases and metrics in words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from simulator.metrics.names import PERCENTILES

_NAMES = {
    "error_rate": "error rate",
    "cpu_utilization": "cpu utilization",
    "wait_mean": "mean wait",
    "client_error_rate": "client error rate",
    "false_ok": "false ok",
    "duplicated": "done more than once",
    "out_of_order": "out of order",
    "inconsistency_window_mean": "mean inconsistency window",
    "staleness_mean": "mean staleness",
    "stale_reads": "stale reads",
    "false_error": "false error",
    "stuck_sagas": "stuck sagas",
    "dead_lettered": "dead letters",
    "latency_mean": "mean latency",
    "completion_mean": "mean completion time",
    "answer_latency_mean": "mean answer latency",
}
_FAMILIES = {
    "latency": "latency",
    "answer_latency": "latency of all answers",
    "completion": "completion time",
    "inconsistency_window": "inconsistency window",
    "staleness": "staleness",
}
_PERCENTILE = re.compile(rf"(?P<family>.+)_(?P<suffix>{'|'.join(PERCENTILES)})")


def metric_words(name: str) -> str:
    """Return a metric's name in words: ``latency_p99`` is "latency p99"."""
    found = _PERCENTILE.fullmatch(name)
    if found and found["family"] in _FAMILIES:
        return f"{_FAMILIES[found['family']]} {percentile_words(found['suffix'])}"
    return _NAMES.get(name, name.replace("_", " "))


def percentile_words(suffix: str) -> str:
    """Return ``p99.9`` for ``p999``: as people say it."""
    return "p99.9" if suffix == "p999" else suffix


def phase_words(phase: str) -> str:
    """Return ``during:NAME`` as "during NAME"."""
    kind, colon, name = phase.partition(":")
    return f"{kind} {name}" if colon and kind in {"during", "after"} else phase


def point_words(point: str) -> str:
    """Return ``a=1;b=2`` as "a = 1, b = 2"."""
    return ", ".join(part.replace("=", " = ", 1) for part in point.split(";")) if point else ""


def listed(names: Sequence[str], joint: str = "and") -> str:
    """Return names as a sentence lists them: ``a, b and c``."""
    if len(names) <= 1:
        return "".join(names)
    return f"{', '.join(names[:-1])} {joint} {names[-1]}"


def named(names: Sequence[str]) -> str:
    """Return names as a sentence lists them; told apart by semicolons where one of them holds a comma."""
    return "; ".join(names) if any("," in name for name in names) else listed(names)


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return ``1 objective`` or ``3 objectives``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def shortened(name: str, length: int) -> str:
    """Return a name of at most ``length`` characters; the middle goes, since ends tell variants apart."""
    if len(name) <= length:
        return name
    head = (length - 1) * 2 // 3
    return f"{name[:head]}…{name[len(name) - (length - 1 - head) :]}"


def wrapped(name: str, width: int, lines: int = 2) -> str:
    """Return a label broken at spaces, underscores and hyphens into at most ``lines`` lines of about ``width``."""
    parts = re.findall(r"[^\s_\-./]+[\s_\-./]*|[\s_\-./]+", name)
    rows = [""]
    for part in parts:
        if rows[-1] and len((rows[-1] + part).rstrip()) > width:
            rows.append("")
        rows[-1] += part
    kept = rows if len(rows) <= lines else [*rows[: lines - 1], "".join(rows[lines - 1 :])]
    return "\n".join(shortened(row.strip(" "), width + 2) for row in kept)
