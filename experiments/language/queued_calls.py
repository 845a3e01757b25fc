"""Calls over queues (`via`): the brokers that they name, and what does not go together with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from experiments.language.problems import Problem, problem
from experiments.language.steps import walk_steps
from experiments.language.tree import Table, child, is_none, table, text
from simulator.spec.base import hint
from simulator.spec.policies import EdgePolicies
from simulator.spec.scenario import Edge

Edges = Mapping[Edge, EdgePolicies]


def check_queued_calls(root: Table) -> list[Problem]:
    """Every `via` that names no broker."""
    known = list(table(root, "brokers").entries)
    entries = [entry for key in ("policies", "calls") for entry in table(root, key).entries.values()]
    undos = [child(found.step, "undo") for found in walk_steps(root)]
    written = [node for entry in (*entries, *undos) if (node := child(entry, "via")) is not None]
    there = f"; there are: {', '.join(sorted(known)[:12])}" if known else ""
    return [
        problem(node.place, f"there is no broker {text(node)!r}{hint(text(node), known) or there}")
        for node in written
        if text(node) and not is_none(node) and text(node) not in known
    ]


def misfits(edges: Edges, merged: Mapping[Edge, Table]) -> Iterator[Problem]:
    """What cannot be done over a queue."""
    for edge, policies in edges.items():
        if policies.via is None:
            continue
        node = merged[edge]
        if policies.cancel in ("queued", "always"):
            text = "a request in a queue cannot be called back: with 'via' write never or at_dequeue"
            yield problem(node.key_place("cancel"), text, policies.cancel)
        for item in policies.stack:
            place = node.key_place(item.name if item.name in node.entries else "stack")
            if item.name == "outlier":
                yield problem(place, "with 'via' the broker picks who handles a request: there is nobody to eject")
            elif "callee" in _scopes(item.spec):
                text = f"{item.name}: with 'via' the broker picks who handles a request: write scope caller or edge"
                yield problem(place, text)
        if not edge.operation:
            yield problem(node.key_place("via"), "a path goes straight to its gateway: no 'via' on it")


def _scopes(spec: Any) -> tuple[Any, ...]:
    """Where a policy keeps its state, and the budget that it may have."""
    return getattr(spec, "scope", None), getattr(getattr(spec, "budget", None), "scope", None)


def waits_for_ever(edges: Edges, merged: Mapping[Edge, Table]) -> Iterator[Problem]:
    """Calls over queues that nothing ends if the request, or its answer, is lost."""
    places = set()
    for edge, policies in edges.items():
        if policies.via is None or any(item.name in ("timeout", "deadline") for item in policies.stack):
            continue
        place = merged[edge].key_place("via")
        if place not in places:
            places.add(place)
            yield problem(place, "a request or an answer that is lost is waited for for ever: write a timeout")
