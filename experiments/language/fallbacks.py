"""What fallbacks call instead: calls that no step writes, so that they have to be looked for in the policies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from experiments.language.cycles import Visits
from experiments.language.edges import edge_to
from experiments.language.problems import Problem, problem
from experiments.language.tree import Node, Table, child, items, text
from simulator.spec.policies import EdgePolicies, fallback_calls
from simulator.spec.scenario import Edge

Edges = Mapping[Edge, EdgePolicies]


def written_fallbacks(entry: Node | None) -> Iterator[Node]:
    """The operations that an entry of `policies` or `calls` (or what some come to) falls back to, where written."""
    for place in (entry, *items(child(entry, "stack"))):
        called = child(place, "fallback", "call")
        if called is not None:
            yield called


def instead_of(edge: Edge, edges: Edges) -> list[str]:
    """Every operation that may be called when the call on `edge` fails: its fallbacks, and the fallbacks of these."""
    found: list[str] = []
    waiting = [edge]
    for one in waiting:
        policies = edges.get(one, EdgePolicies())
        for called in fallback_calls(policies.stack):
            if called not in found:
                found.append(called)
                waiting.append(edge_to(edge.caller, called))
    return found


def fallbacks_in_a_ring(edges: Edges, merged: Mapping[Edge, Table]) -> Iterator[Problem]:
    """Calls that come back to themselves when everything fails."""
    for edge, policies in edges.items():
        own = f"{edge.service}.{edge.operation}"
        if own not in instead_of(edge, edges):
            continue
        first = fallback_calls(policies.stack)[0]
        by = "" if first == own else f" by way of {first}"
        advice = f'write {{fallback: none}} for "{edge}"'
        for node in written_fallbacks(merged[edge]):
            if text(node) == first:
                yield problem(node.place, f"{edge} falls back to itself{by}: {advice}")
                break


def with_fallbacks(visits: Visits, edges: Edges) -> Visits:
    """`visits` with what fallbacks add: like undo calls they count as if they always happened."""
    result = {name: dict(row) for name, row in visits.items()}
    for edge in edges:
        for called in instead_of(edge, edges):
            for name, row in visits.items():
                weight = row.get(f"{edge.service}.{edge.operation}", 0.0)
                if weight and name.partition(".")[0] == edge.caller:
                    result[name][called] = result[name].get(called, 0.0) + weight
    return result
