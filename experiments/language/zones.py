"""Zones that links and faults name: each must hold replicas of some service."""

from __future__ import annotations

from collections.abc import Iterator

from experiments.language.names import name_error
from experiments.language.problems import Place, Problem, problem
from experiments.language.tree import Node, Scalar, Table, child, items, table, text
from simulator.spec.base import hint
from simulator.spec.experiment import ExperimentSpec
from simulator.spec.faults import parse_target
from simulator.spec.network import ZONE


def check_zones(root: Table) -> list[Problem]:
    """Every zone that is named and not there, or cannot be called so."""
    return [*_names(root), *_links(root), *_faults(root)]


def written_replicas(node: Node | None) -> int:
    """How many replicas are written, over all zones; 1 where nothing, or nothing sensible, is."""
    if isinstance(node, Table):
        return sum(_whole(value) for value in node.entries.values()) or 1
    return _whole(node) or 1


def _whole(node: Node | None) -> int:
    return node.value if isinstance(node, Scalar) and isinstance(node.value, int) else 0


def _placements(root: Table) -> Iterator[Table]:
    for service in table(root, "services").entries.values():
        replicas = child(service, "replicas")
        if isinstance(replicas, Table):
            yield replicas


def _names(root: Table) -> Iterator[Problem]:
    for replicas in _placements(root):
        for zone in replicas.entries:
            if reason := name_error(zone):
                yield problem(replicas.key_place(zone), reason)


def _links(root: Table) -> Iterator[Problem]:
    network = table(root, "network")
    for key in network.entries:
        ends = [end.strip() for end in key.split("->")]
        zoned = [end for end in ends if end.startswith(ZONE)]
        if len(ends) == 2 and zoned:
            place = network.key_place(key)
            if len(zoned) < len(ends):
                yield problem(place, f"{key!r}: write both ends as zones or both as names")
            for end in zoned:
                yield from _known(root, end, place)


def _faults(root: Table) -> Iterator[Problem]:
    for fault in items(root.entries.get("faults")):
        node = child(fault, "target")
        try:
            parsed = parse_target(text(node)) if node is not None else None
        except ValueError:
            continue  # said already, by the model of the fault
        if node is not None and parsed is not None and parsed.kind == "zone":
            yield from _known(root, parsed.name, node.place)
        elif node is not None and parsed is not None and parsed.name.startswith(ZONE):
            for end in (parsed.name, parsed.other):
                yield from _known(root, end, node.place)


def _known(root: Table, written: str, place: Place) -> Iterator[Problem]:
    zone = written.removeprefix(ZONE).strip()
    known = sorted({zone for replicas in _placements(root) for zone in replicas.entries})
    if zone not in known:
        there = hint(zone, known) or (
            f"; there are: {', '.join(known[:12])}" if known else ": no service has replicas: {zone: number}"
        )
        yield problem(place, f"there is no zone {zone!r}{there}")


def zones_left(before: ExperimentSpec, after: ExperimentSpec, change: Node) -> Iterator[Problem]:
    """Services that a change moves to where they have no replica from the start: nothing leads there."""
    for name, service in after.services.items():
        written = before.services[name].replicas
        there = () if isinstance(written, int) else tuple(written)  # those that begin empty too
        if service.zones == there or (there and service.zones and set(service.zones) <= set(there)):
            continue
        reason = (
            f"{name} has its replicas in the zones {', '.join(there)} from the start: give a number for each of them"
            if there
            else f"{name} is in no zone from the start: write how many replicas there are, as a number"
        )
        yield problem(_where_set(change, name), f"services.{name}.replicas cannot move to other zones: {reason}")


def _where_set(change: Node, service: str) -> Place:
    paths = table(change, "set")
    inside = [key for key in paths.entries if key.startswith(f"services.{service}.replicas")]
    return paths.key_place(inside[0]) if inside else change.place


def idle_preferences(root: Table, experiment: ExperimentSpec) -> Iterator[Problem]:
    """Services that prefer callers' own zones and are in none."""
    for name, spec in experiment.services.items():
        node = child(root, "services", name, "balancing", "prefer")
        if node is not None and spec.balancing.prefer is not None and not spec.zones:
            yield problem(node.place, f"{name} is in no zone: write replicas: {{zone: number}}")
