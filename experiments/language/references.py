"""Names that one part of the file uses for another: every one that leads nowhere is a problem."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from experiments.language.caches import check_caches
from experiments.language.consuming import check_consuming
from experiments.language.copies import check_copies
from experiments.language.dead_letters import check_dead_letters
from experiments.language.edges import parse_pattern
from experiments.language.fallbacks import written_fallbacks
from experiments.language.idle_keys import check_idle_keys
from experiments.language.overrides import member_name
from experiments.language.pivots import check_pivots
from experiments.language.pools import check_pools
from experiments.language.problems import Place, Problem, problem
from experiments.language.queued_calls import check_queued_calls
from experiments.language.state import check_state
from experiments.language.steps import called, publishes_to, walk_steps
from experiments.language.subscriptions import check_subscriptions
from experiments.language.tree import Node, Scalar, Table, child, items, table, text
from experiments.language.zones import check_zones, written_replicas
from simulator.spec.base import hint
from simulator.spec.experiment import CLIENT
from simulator.spec.faults import TargetSpec, parse_target
from simulator.spec.network import ZONE


class _World:
    """All names of one experiment."""

    def __init__(self, root: Table) -> None:
        self.root = root
        services = table(root, "services").entries
        self.operations: Mapping[str, set[str]] = {
            name: set(table(service, "operations").entries) for name, service in services.items()
        }
        self.unclear = {name for name, service in services.items() if not table(service, "operations").entries}
        self.brokers = set(table(root, "brokers").entries)
        self.topics = set(table(root, "topics").entries)

    def service(self, name: str, place: Place, *, also: Iterable[str] = ()) -> Iterator[Problem]:
        known = {*self.operations, *also}
        if name not in known:
            yield problem(place, f"there is no service {name!r}{_or_list(name, known)}")

    def operation(self, written: str, place: Place) -> Iterator[Problem]:
        service, _, name = written.partition(".")
        if not name:
            return
        if service not in self.operations:
            yield from self.service(service, place)
        elif name not in self.operations[service] and service not in self.unclear:
            known = self.operations[service]
            yield problem(place, f"{service} has no operation {name!r}{_or_list(name, known)}")

    def one_of(self, what: str, known: Iterable[str], node: Node | None) -> Iterator[Problem]:
        name = text(node)
        if node is not None and name and name not in set(known):
            yield problem(node.place, f"there is no {what} {name!r}{_or_list(name, known)}")


def _or_list(name: str, known: Iterable[str]) -> str:
    names = sorted(known)
    return hint(name, names) or (f"; there are: {', '.join(names[:12])}" if names else "")


def check_references(root: Table) -> list[Problem]:
    """Every use of a service, operation, topic, broker, variant or fault target that does not exist."""
    world = _World(root)
    checks = (_steps, _operations, _topics, _workload, _routes, _faults, _links, _calls, _fallbacks, _variants)
    return [
        *(entry for check in checks for entry in check(world)),
        *check_state(root),
        *check_subscriptions(root),
        *check_consuming(root),
        *check_dead_letters(root),
        *check_zones(root),
        *check_pools(root),
        *check_pivots(root),
        *check_caches(root),
        *check_copies(root),
        *check_queued_calls(root),
        *check_idle_keys(root),
    ]


def _steps(world: _World) -> Iterator[Problem]:
    for found in walk_steps(world.root):
        for call in called(found):
            yield from world.operation(text(call), call.place)
        yield from world.one_of("topic", world.topics, publishes_to(found))


def _operations(world: _World) -> Iterator[Problem]:
    for service in table(world.root, "services").entries.values():
        for operation in table(service, "operations").entries.values():
            yield from world.one_of("broker", world.brokers, child(operation, "broker"))


def _topics(world: _World) -> Iterator[Problem]:
    for topic in table(world.root, "topics").entries.values():
        yield from world.one_of("broker", world.brokers, child(topic, "broker"))
        for member in items(child(topic, "subscribers")):
            node = child(member, "operation") if isinstance(member, Table) else member
            if isinstance(node, Scalar):
                yield from world.operation(text(node), node.place)


def _workload(world: _World) -> Iterator[Problem]:
    for entry in items(world.root.entries.get("workload")):
        call = child(entry, "call")
        if call is not None:
            yield from world.operation(text(call), call.place)
        path = child(entry, "path")
        if path is not None and not table(world.root, "routes").entries:
            yield problem(path.place, "a path needs 'routes', and there are none", text(path))
        yield from world.one_of("topic", world.topics, child(entry, "publish"))


def _routes(world: _World) -> Iterator[Problem]:
    for route in table(world.root, "routes").entries.values():
        yield from world.one_of("service", world.operations, child(route, "on"))
        ends = [child(route, "to"), *(child(branch, "to") for branch in table(route, "split").entries.values())]
        for end in ends:
            if end is not None:
                yield from world.operation(text(end), end.place)


def _faults(world: _World) -> Iterator[Problem]:
    for fault in items(world.root.entries.get("faults")):
        target = child(fault, "target")
        if target is None or not text(target) or text(target).startswith("cache:"):
            continue  # said already by the model of the fault, or by `check_caches`
        try:
            parsed = parse_target(text(target))
        except ValueError:
            continue
        yield from _target(world, parsed, target)


def _target(world: _World, parsed: TargetSpec, node: Node) -> Iterator[Problem]:
    place = node.place
    if parsed.kind == "zone" or parsed.name.startswith(ZONE):
        return  # see zones.py
    if parsed.kind == "broker":
        yield from _unknown("broker", parsed.name, world.brokers, place)
    elif parsed.kind == "topic":
        yield from _unknown("topic", parsed.name, world.topics, place)
    elif parsed.kind in ("edge", "edge_both"):
        for name in (parsed.name, parsed.other):
            yield from world.service(name, place, also=(*world.brokers, CLIENT))
    elif parsed.kind == "operation":
        yield from world.operation(f"{parsed.name}.{parsed.operation}", place)
    else:
        yield from world.service(parsed.name, place)
        count = written_replicas(child(world.root, "services", parsed.name, "replicas"))
        if parsed.replica >= count and parsed.name in world.operations:
            yield problem(place, f"{parsed.name} has {count} replicas, counted from [0]", text(node))


def _unknown(what: str, name: str, known: Iterable[str], place: Place) -> Iterator[Problem]:
    if name not in set(known):
        yield problem(place, f"there is no {what} {name!r}{_or_list(name, known)}")


def _links(world: _World) -> Iterator[Problem]:
    network = table(world.root, "network")
    for key in network.entries:
        place = network.key_place(key)
        ends = [end.strip() for end in key.split("->")]
        if len(ends) != 2 or not all(ends):
            yield problem(place, f"{key!r} is no link: write one way of it as a -> b")
            continue
        if not any(end.startswith(ZONE) for end in ends):  # else see zones.py
            for end in ends:
                yield from world.service(end, place, also=(*world.brokers, CLIENT))


def _calls(world: _World) -> Iterator[Problem]:
    calls = table(world.root, "calls")
    for key in calls.entries:
        try:
            pattern = parse_pattern(key)
        except ValueError:
            continue  # `default`, or said already when the calls were read
        place = calls.key_place(key)
        if pattern.caller != "*":
            yield from world.service(pattern.caller, place, also=(CLIENT,))
        if pattern.operation:
            yield from world.operation(f"{pattern.service}.{pattern.operation}", place)
        elif pattern.service != "*":
            yield from world.service(pattern.service, place)


def _fallbacks(world: _World) -> Iterator[Problem]:
    entries = [entry for key in ("policies", "calls") for entry in table(world.root, key).entries.values()]
    undos = [found.step.entries.get("undo") for found in walk_steps(world.root)]
    for entry in (*entries, *undos):
        for instead in written_fallbacks(entry):
            yield from world.operation(text(instead), instead.place)


def _variants(world: _World) -> Iterator[Problem]:
    variants = list(table(world.root, "variants").entries) or ["base"]
    yield from world.one_of("variant", variants, world.root.entries.get("baseline"))
    for member in items(child(world.root, "check", "variants")):
        yield from world.one_of("variant", variants, member)


def phase_names(root: Table, *, changes: bool = True) -> list[str]:
    """The names of all phases: of faults that strike at a stated time, of changes unless left out, of named periods."""
    faults = [member_name(fault) for fault in items(root.entries.get("faults")) if child(fault, "mtbf") is None]
    changing = [change_name(change) for change in items(root.entries.get("changes"))] if changes else []
    return [*faults, *changing, *table(root, "phases").entries]


def change_name(node: Node) -> str:
    """A change's name, as written or by default."""
    return member_name(node) or ("change" if child(node, "deploy") is None else "deploy")
