"""What figures are about, by the names that tables, objectives and stopping rules use."""

from __future__ import annotations

from experiments.language.caches import cache_names
from experiments.language.overrides import member_name
from experiments.language.tree import Table, items, table
from simulator.spec.base import hint

PREFIXES = ("service:", "call:", "topic:", "route:", "broker:", "outbox:", "pool:", "cache:")
"""How the names of whatever is no workload begin."""

_TABLES = {"service": "services", "topic": "topics", "broker": "brokers", "route": "routes", "outbox": "services"}


def workload_names(root: Table) -> list[str]:
    """The workloads that an experiment names, in the file's order."""
    return [name for entry in items(root.entries.get("workload")) if (name := member_name(entry))]


def unknown_operation(root: Table, name: str) -> str:
    """Why no figure can be about ``name``; empty if one can."""
    if name.startswith(PREFIXES):
        return _unknown_component(root, *name.partition(":")[::2])
    workloads = workload_names(root)
    if name in workloads:
        return ""
    known = hint(name, workloads) or f"; there are: {', '.join(workloads)}"
    return f"there is no workload {name!r}{known}"


def _unknown_component(root: Table, kind: str, rest: str) -> str:
    if kind == "call":
        ends = [end.strip() for end in rest.split("->")]
        return "" if len(ends) == 2 and all(ends) else "a call is written call:a->b"
    if kind == "pool":
        service, _, pool = rest.partition("/")
        pools = table(root, "services", service, "pools").entries
        return "" if pool in pools else f"there is no pool {rest!r}: a pool is written pool:SERVICE/NAME"
    known = cache_names(root) if kind == "cache" else list(table(root, _TABLES[kind]).entries)
    wanted = rest.partition("/")[0] if kind == "route" else rest
    return "" if wanted in known else f"there is no {kind} {wanted!r}{hint(wanted, known)}"
