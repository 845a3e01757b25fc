"""Composes calls: for each caller replica and each outgoing edge, the policies of that edge round its wire."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from simulator.kernel.draws import Constant
from simulator.network.attempt import Cancel, Request
from simulator.network.link import Link
from simulator.network.wire import Wire
from simulator.policies.breaker import Breaker, State
from simulator.policies.breaking import Mutex, breaking, serialised, unpicking
from simulator.policies.call import compose
from simulator.policies.limit import limited
from simulator.policies.retry import retry
from simulator.services.balancing import BALANCERS
from simulator.spec.laws import ConstantLaw
from simulator.spec.policies import BreakerSpec, DeadlineSpec, EdgePolicies, RetrySpec

if TYPE_CHECKING:
    from simulator.build.world import World
    from simulator.network.wire import Balancer
    from simulator.policies.call import Call, Policy
    from simulator.services.execution import Program
    from simulator.services.replica import Replica
    from simulator.services.service import Service
    from simulator.spec.scenario import Edge


class CallBuilder:
    """Builds the composed calls of a world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._links: dict[Any, Link] = {}
        self._balancers: dict[tuple[str, int, str], Balancer] = {}
        self._breakers: dict[Any, Breaker] = {}
        self._mutexes: dict[Any, Mutex] = {}

    def call(self, edge: Edge, policies: EdgePolicies, caller: Replica | None, number: int, program: Program) -> Call:
        """The composed call on `edge` for one caller replica.

        `caller` is None for the client; `number` is its index among its service's replicas. `program` is what the
        called operation runs.
        """
        service = self._world.services[edge.service]
        balancer = self._balancer(edge.caller, number, service)
        stack = list(policies.stack)
        timeout = stack.pop().spec if stack and stack[-1].name == "timeout" else None
        wire = self._wire(edge, policies, program, balancer, timeout)
        wrappers: list[Policy] = []
        for place, item in enumerate(stack):
            wrappers += self._policy(edge, item.spec, place, caller, number, balancer)
        return compose(wrappers, wire)

    def _wire(self, edge: Edge, policies: EdgePolicies, program: Program, balancer: Balancer, timeout: Any) -> Wire:
        world = self._world
        patience = None if timeout is None else world.draws(f"timeout/{edge}", timeout)
        constant = timeout.value if isinstance(timeout, ConstantLaw) else None
        link = self._link(edge, policies, program)
        tally = world.call_tally(edge.caller, edge.service)
        return Wire(world.environment, link, balancer, tally, patience, constant, world.deadlines)

    def _link(self, edge: Edge, policies: EdgePolicies, program: Program) -> Link:
        key = (edge, policies.cancel, id(program))
        if key not in self._links:
            world = self._world
            out = world.leg(edge.caller, edge.service, f"{edge}/out")
            back = world.leg(edge.service, edge.caller, f"{edge}/back", answers=True)
            cancel = Cancel[policies.cancel.upper()]
            link = Link(world.environment, str(edge), out, back, cancel, program)
            self._links[key] = link
            world.links.append(link)
        return self._links[key]

    def _balancer(self, caller: str, number: int, service: Service) -> Balancer:
        key = (caller, number, service.name)
        if key not in self._balancers:
            kind = self._world.scenario.experiment.services[service.name].balancing.kind
            chance = self._world.streams.source(f"balance/{caller} -> {service.name}")
            self._balancers[key] = BALANCERS[kind](service.listing, chance, number)
        return self._balancers[key]

    def _policy(
        self, edge: Edge, spec: Any, place: int, caller: Replica | None, number: int, balancer: Balancer
    ) -> list[Policy]:
        world = self._world
        name = f"{edge}/{place}"
        match spec:
            case RetrySpec():
                return [retry(spec, world.streams.source(f"backoff/{name}"), world.environment, str(edge))]
            case BreakerSpec():
                return self._breaking(edge, spec, place, caller, number, balancer)
            case DeadlineSpec():
                total = Constant(spec.total)
                limit = limited(world.environment, world.deadlines, total, str(edge), propagate=spec.propagate)
                return [limit]
            case _:
                law = world.draws(f"timeout/{name}", spec)
                return [limited(world.environment, world.deadlines, law, str(edge))]

    def _breaking(
        self, edge: Edge, spec: BreakerSpec, place: int, caller: Replica | None, number: int, balancer: Balancer
    ) -> list[Policy]:
        owner = number if spec.scope == "caller" else -1
        if spec.scope == "callee":
            choose = self._by_target(edge, spec, place, balancer)
        else:
            breaker = self._breaker(edge, spec, (edge.caller, owner, edge.service, place, spec))
            if spec.scope == "caller" and caller is not None:
                caller.when_crashed.append(breaker.reset)
            choose = _always(breaker)
        policies = [breaking(self._world.environment, choose, str(edge))]
        if spec.scope == "callee":
            policies.insert(0, unpicking(balancer))
        if spec.serialised:
            policies.insert(0, serialised(self._mutex((edge.caller, owner, edge.service, place, spec))))
        return policies

    def _by_target(self, edge: Edge, spec: BreakerSpec, place: int, balancer: Balancer) -> Callable[[Request], Breaker]:
        breakers = {
            replica: self._breaker(edge, spec, (edge.service, replica.name, place, spec))
            for replica in self._world.services[edge.service].replicas
        }
        nobody = Breaker(spec)

        def choose(request: Request) -> Breaker:
            if request.target is None:
                request.target = balancer.pick(request.root)
            target: Any = request.target
            return nobody if target is None else breakers[target]

        return choose

    def _breaker(self, edge: Edge, spec: BreakerSpec, key: Any) -> Breaker:
        if key not in self._breakers:
            tally = self._world.breaker_tally(edge.caller, edge.service)
            breaker = Breaker(spec)
            breaker.watch(_timed(self._world, breaker, tally.watch(), timer=spec.open_ends == "timer"))
            tally.breakers.append(breaker)
            self._breakers[key] = breaker
        return self._breakers[key]

    def _mutex(self, key: Any) -> Mutex:
        if key not in self._mutexes:
            self._mutexes[key] = Mutex(self._world.environment)
            self._world.mutexes.append(self._mutexes[key])
        return self._mutexes[key]


def _always(breaker: Breaker) -> Callable[[Request], Breaker]:
    return lambda _: breaker


def _timed(
    world: World, breaker: Breaker, changed: Callable[[float, State], None], *, timer: bool
) -> Callable[[float, State], None]:
    if not timer:
        return changed

    def changed_with_timer(now: float, state: State) -> None:
        changed(now, state)
        if state is State.OPEN:
            world.environment.at(breaker.opens_again_at, due, None)

    def due(_: None) -> None:
        breaker.tick(world.environment._now)
        if breaker.state is State.OPEN:  # a late failure has put its end off
            world.environment.at(breaker.opens_again_at, due, None)

    return changed_with_timer
