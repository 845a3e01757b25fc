"""Keys and caches: every name of keys that is used must be there, and steps that share a cache agree on it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from experiments.language.problems import Problem, problem
from experiments.language.steps import walk_steps
from experiments.language.tree import Node, Table, child, items, plain, table, text
from simulator.spec.base import hint
from simulator.spec.units import parse_duration

_DEFAULTS: dict[str, Any] = {"sliding": False, "single_flight": False, "stale_while_revalidate": 0.0, "hit": 0.0}


def check_caches(root: Table) -> list[Problem]:
    """Every use of keys or of a cache that cannot be meant."""
    return [*_keys(root), *_settings(root), *_targets(root)]


def cache_names(root: Table) -> list[str]:
    """The names of all caches, each once."""
    return list(dict.fromkeys(text(child(found.step, "cached", "name")) for found in walk_steps(root)))


def _uses_of_keys(root: Table) -> Iterator[Node | None]:
    for service in table(root, "services").entries.values():
        yield child(service, "balancing", "sticky")
        for operation in table(service, "operations").entries.values():
            yield child(operation, "key")
    for entry in items(root.entries.get("workload")):
        yield child(entry, "key")
    for route in table(root, "routes").entries.values():
        yield child(route, "sticky")
    for topic in table(root, "topics").entries.values():
        yield child(topic, "key")


def _keys(root: Table) -> Iterator[Problem]:
    known = list(table(root, "keys").entries)
    for used in _uses_of_keys(root):
        name = text(used)
        if used is not None and name and name not in known:
            listed = hint(name, known) or (f"; there are: {', '.join(known)}" if known else ": write them in 'keys'")
            yield problem(used.place, f"there are no keys {name!r}{listed}")


def _settings(root: Table) -> Iterator[Problem]:
    first: dict[tuple[str, str], dict[str, Any]] = {}
    for found in walk_steps(root):
        cached = found.step.entries.get("cached")
        name = text(child(cached, "name"))
        if not isinstance(cached, Table) or not name:
            continue
        settings = {key: _value(node) for key, node in cached.entries.items() if key != "steps"}
        before = first.setdefault((found.service, name), {**_DEFAULTS, **settings})
        other = {**_DEFAULTS, **settings}
        for key in sorted({*before, *other}):
            if before.get(key) != other.get(key):
                place = cached.key_place(key) if key in cached.entries else cached.place
                said = f"{key} is not what {found.service} says of its cache {name!r} elsewhere: a cache has one {key}"
                yield problem(place, said)


def _value(node: Node) -> Any:
    """What is written, with durations as seconds, so that 60s and 1m are the same."""
    value = plain(node)
    try:
        return parse_duration(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _targets(root: Table) -> Iterator[Problem]:
    known = [name for name in cache_names(root) if name]
    for fault in items(root.entries.get("faults")):
        target = child(fault, "target")
        name = text(target).removeprefix("cache:").strip()
        if target is not None and text(target).startswith("cache:") and name not in known:
            listed = hint(name, known) or (f"; there are: {', '.join(known)}" if known else "")
            yield problem(target.place, f"there is no cache {name!r}{listed}")
