"""Warnings about gateways: paths and routes that do something that is probably not meant."""

from __future__ import annotations

from collections.abc import Iterator

from experiments.language.problems import Problem, problem
from experiments.language.tree import Table, child, items, table, text


def gateway_warnings(root: Table) -> list[Problem]:
    """Paths that lead nowhere or match by half a segment, and routes behind others."""
    return [*_paths(root), *_hidden_routes(root)]


def _paths(root: Table) -> Iterator[Problem]:
    prefixes = [text(child(route, "prefix")) for route in table(root, "routes").entries.values()]
    for entry in items(root.entries.get("workload")):
        node = child(entry, "path")
        path = text(node)
        if node is None or not path:
            continue
        longest = max((prefix for prefix in prefixes if path.startswith(prefix)), key=len, default="")
        if not longest:
            yield problem(node.place, "no route's prefix matches: every request is answered client_error (404)", path)
        elif not longest.endswith("/") and path[len(longest) :][:1] not in ("", "/", "?"):
            message = f"matches the prefix {longest} within a segment: a prefix is text, as in Go's HasPrefix; write"
            yield problem(node.place, f"{message} {longest}/ if only whole segments are meant", path)


def _hidden_routes(root: Table) -> Iterator[Problem]:
    routes = table(root, "routes")
    by_prefix: dict[tuple[str, str], str] = {}
    chosen = any(text(child(route, "match")) == "any" for route in routes.entries.values())
    for name in sorted(routes.entries):
        node = child(routes.entries[name], "prefix")
        key = (text(child(routes.entries[name], "on")), text(node))
        first = by_prefix.setdefault(key, name)
        if node is not None and first != name and not chosen:
            yield problem(node.place, f"the route {first} has the same prefix and comes first: this one is never taken")
