"""Builds the workload: who asks for what, when, and by which way."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from simulator.build.arrivals import arrival_times, batch_sizes
from simulator.build.calls import CallBuilder
from simulator.kernel.laws import sampler
from simulator.kernel.random import Sequence
from simulator.kernel.root import Entry, Root
from simulator.network.wire import Wire
from simulator.services.operation import Operation
from simulator.services.routes import Branch, BranchTally, Routing
from simulator.services.steps import Call
from simulator.services.sticky import StickyLuck
from simulator.spec.arrivals import ClosedArrivals, TraceArrivals
from simulator.spec.experiment import CLIENT
from simulator.spec.scenario import Edge
from simulator.styles.sync import sync
from simulator.workload.batches import BatchClient
from simulator.workload.clients import Asking, ClosedClient, OpenClient, directly, in_a_task

if TYPE_CHECKING:
    from simulator.build.world import World
    from simulator.kernel.draws import Draws
    from simulator.kernel.environment import Task
    from simulator.kernel.random import Source
    from simulator.outcomes import Reply
    from simulator.spec.laws import AnyLaw
    from simulator.spec.network import RouteSpec
    from simulator.spec.workload import WorkloadSpec
    from simulator.workload.clients import Ask, Serve


class ClientBuilder:
    """Builds the clients of a world whose services are complete."""

    def __init__(self, world: World, calls: CallBuilder) -> None:
        self._world = world
        self._calls = calls
        self._made: list[tuple[WorkloadSpec, Entry, OpenClient | ClosedClient]] = []

    def routes(self) -> None:
        """Build the gateways' routes and number their edges, before calls are composed."""
        for spec in self._world.scenario.experiment.workload:
            if spec.path is not None:
                self._gateway(spec).steps = [self._routing(spec.path)]

    def build(self) -> None:
        """Build every client."""
        for number, spec in enumerate(self._world.scenario.experiment.workload):
            self._client(spec, number)

    def recompose(self, pairs: frozenset[tuple[str, str]]) -> None:
        """Compose the clients' calls to the services of these pairs of caller and service anew."""
        for spec, entry, client in self._made:
            if spec.publish is None and (CLIENT, self._target(spec)[0].service) in pairs:
                if isinstance(client, ClosedClient):
                    client.ask_by(self._ask(spec, entry))
                else:
                    client.serve_by(self._serve(spec, entry))

    def _client(self, spec: WorkloadSpec, number: int) -> None:
        world = self._world
        entry = Entry(spec.name, number, spec.priority)
        entry.keys = None if spec.key is None else world.keys[spec.key]
        world.entries.append(entry)
        if isinstance(spec.arrivals, TraceArrivals) and spec.arrivals.given and spec.key is not None:
            entry.given = {spec.key: spec.arrivals.given}
        run = world.scenario.experiment.run
        if isinstance(spec.arrivals, ClosedArrivals):
            users = max(1, round(spec.arrivals.users * run.load))
            names = [f"{spec.name}[{user}]" for user in range(users)]
            lanes = [world.streams.lane(name) for name in names]
            thinking = [self._draws(f"think/{name}", spec.arrivals.think).draw for name in names]
            ask = self._ask(spec, entry)
            closed = ClosedClient(world.environment, world.journal, entry, lanes, ask, thinking, run.duration)
            self._add(spec, entry, closed)
            return
        lane = world.streams.lane(spec.name)
        times = arrival_times(world.streams, spec.name, spec.arrivals, run.load)
        serve = self._serve(spec, entry)
        parts = (world.environment, world.journal, entry, lane, serve, times)
        if spec.batch is None:
            self._add(spec, entry, OpenClient(*parts, run.duration))
        else:
            sizes = batch_sizes(world.streams, spec.name, spec.batch)
            self._add(spec, entry, BatchClient(*parts, sizes, run.duration))

    def _add(self, spec: WorkloadSpec, entry: Entry, client: OpenClient | ClosedClient) -> None:
        self._world.clients.append(client)
        self._made.append((spec, entry, client))

    def _serve(self, spec: WorkloadSpec, entry: Entry) -> Serve:
        """How one request of an open client is seen through: without a task where no policy needs one."""
        ask = self._ask(spec, entry)
        wires = [call for call in getattr(ask, "calls", ()) if isinstance(call, Wire) and call.patient]
        if wires:
            return directly(wires)
        return in_a_task(self._world.environment, self._world.journal, ask)

    def _ask(self, spec: WorkloadSpec, entry: Entry) -> Ask:
        if spec.publish is not None:
            topic = self._world.topics[spec.publish]
            entry.expected = frozenset(topic.expected(entry.path))

            def publish(root: Root, task: Task) -> Generator[float | None, Any, Reply]:
                reply = yield from topic.publish_from(CLIENT, root, root.entry.path)
                root.critical_at = self._world.environment._now
                return reply

            return publish
        edge, operation = self._target(spec)
        entry.expected = frozenset(operation.expected(entry.path))
        entry.path.name = operation.name
        policies = self._world.state.edges[edge]
        return Asking(
            [self._calls.call(edge, policies, None, number, operation.program) for number in range(spec.callers)]
        )

    def _target(self, spec: WorkloadSpec) -> tuple[Edge, Operation]:
        if spec.path is not None:
            gateway = self._gateway(spec)
            return Edge(CLIENT, gateway.service, ""), gateway
        service, _, name = (spec.call or "").partition(".")
        return Edge(CLIENT, service, name), self._world.services[service].operations[name]

    # -- routes -------------------------------------------------------------------------------------------

    def _gateway(self, spec: WorkloadSpec) -> Operation:
        """The operation that a gateway carries out for one path: made once."""
        world = self._world
        on = next(iter(world.scenario.experiment.routes.values())).on
        matching = self._matching(spec.path or "")
        service = world.services[matching[0][1].on if matching else on]
        name = f"path {spec.name}"
        if name not in service.operations:
            chance = world.streams.source(f"server_errors/{service.name}/{name}")
            operation = Operation(
                f"{service.name}.{name}",
                service.name,
                len(service.operations),
                at_once=None,
                server_errors=0.0,
                chance=chance,
                effect=False,
                remembered_for=None,
                can_pause=True,
            )
            operation.leaves_effects = True
            operation.program = sync(operation)
            service.operations[name] = operation
        return service.operations[name]

    def _matching(self, path: str) -> list[tuple[str, RouteSpec]]:
        """The routes that match a path, best first: all of the gateway that has the best one."""
        found = [item for item in self._world.scenario.experiment.routes.items() if path.startswith(item[1].prefix)]
        found.sort(key=lambda item: (-len(item[1].prefix), item[0]))
        return [item for item in found if item[1].on == found[0][1].on]

    def _routing(self, path: str) -> Routing:
        matching = self._matching(path)
        any_match = any(route.match == "any" for _, route in matching)
        branches = [self._branches(name, route) for name, route in matching]
        chance = self._world.streams.source(f"route/{path}")
        luck = [self._luck(name, route, chance) for name, route in matching]
        return Routing(branches, luck, chance, any_match=any_match)

    def _luck(self, name: str, route: RouteSpec, chance: Source) -> Draws:
        """What decides between a route's branches: chance, or the request's key."""
        if route.sticky is None:
            return chance
        return StickyLuck(f"route/{name}", self._world.keys[route.sticky], self._world.streams)

    def _branches(self, name: str, route: RouteSpec) -> list[Branch]:
        world = self._world
        gateway = world.services[route.on]
        built = []
        for branch, spec in route.branches.items():
            service, _, operation = spec.to.partition(".")
            number = gateway.edge((Edge(route.on, service, operation), None))
            called = world.services[service].operations[operation]
            call = Call(f"call {spec.to}", called, number, None, 1, {}, critical=True)
            tally = world.route_tallies.setdefault((name, branch), BranchTally())
            made = Branch(branch, spec.share, call, tally)
            world.route_branches.setdefault((name, branch), []).append(made)
            built.append(made)
        return built

    # -- times --------------------------------------------------------------------------------------------

    def _draws(self, name: str, law: AnyLaw) -> Sequence:
        return self._world.streams.sequence(name, sampler(law))
