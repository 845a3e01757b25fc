"""From the spec of a policy to the policy itself: one row of `BUILDERS` for each, and where its state lives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from simulator.kernel.draws import Constant
from simulator.policies.breaker import Breaker, State
from simulator.policies.breaking import Mutex, breaking, serialised
from simulator.policies.choosing import picking_first, unpicking
from simulator.policies.limit import limited
from simulator.policies.retry import retry
from simulator.spec.policies import BreakerSpec, DeadlineSpec, RetrySpec

if TYPE_CHECKING:
    from simulator.build.world import World
    from simulator.network.wire import Balancer
    from simulator.policies.call import Policy
    from simulator.policies.choosing import Choose
    from simulator.services.replica import Replica
    from simulator.spec.policies import Scope
    from simulator.spec.scenario import Edge

Made = TypeVar("Made")


class Forgetful(Protocol):
    """State that a process keeps in memory, and loses when it crashes."""

    def reset(self, now: float) -> None:
        """Begin anew."""


@dataclass
class Shared:
    """The state of all policies of a world, by what it belongs to: each is made once."""

    made: dict[Any, Any] = field(default_factory=dict)

    def once(self, key: Any, make: Callable[[], Made]) -> Made:
        """What belongs to `key`, made if it is not there yet."""
        if key not in self.made:
            self.made[key] = make()
        found: Made = self.made[key]
        return found


@dataclass(frozen=True)
class Place:
    """Where a policy goes: one place in the stack of one edge, for one caller replica.

    Attributes:
        edge: who calls what. number: the caller's index among its service's replicas.
        position: place in the stack, from 0 for the outermost.
        caller: the calling replica; None for the client.
        balancer: what picks the called replica for this caller.
        shared: the state of every policy of the world.
    """

    world: World
    shared: Shared
    edge: Edge
    position: int
    caller: Replica | None
    number: int
    balancer: Balancer

    @property
    def name(self) -> str:
        """The edge, for replies and messages."""
        return str(self.edge)

    @property
    def stream(self) -> str:
        """The place's own name, for its random draws."""
        return f"{self.edge}/{self.position}"

    def state(self, scope: Scope, spec: Any, make: Callable[[], Made]) -> Choose[Made]:
        """Which state a request meets, as `scope` says: one per caller replica, one per edge, one per called replica.

        State that can be ``reset`` and belongs to one caller replica is forgotten when that replica crashes.
        """
        if scope == "callee":
            return self._by_target(spec, make)
        owner = self.number if scope == "caller" else -1
        made = self.shared.once((self.edge.caller, owner, self._rest, spec), make)
        reset = getattr(made, "reset", None)
        if scope == "caller" and self.caller is not None and reset is not None:
            self.caller.when_crashed.append(reset)
        return lambda _: made

    @property
    def _rest(self) -> tuple[str, int]:
        return self.edge.service, self.position

    def _by_target(self, spec: Any, make: Callable[[], Made]) -> Choose[Made]:
        by_replica: dict[Any, Made] = {
            replica: self.shared.once((replica.name, self._rest, spec), make)
            for replica in self.world.services[self.edge.service].replicas
        }
        return picking_first(self.balancer, by_replica, make())

    def around(self, scope: Scope, *policies: Policy) -> list[Policy]:
        """The policies, outermost first, with what state per called replica needs round them."""
        return [unpicking(self.balancer), *policies] if scope == "callee" else list(policies)


def _retry(place: Place, spec: RetrySpec) -> list[Policy]:
    luck = place.world.streams.source(f"backoff/{place.stream}")
    return [retry(spec, luck, place.world.environment, place.name)]


def _deadline(place: Place, spec: DeadlineSpec) -> list[Policy]:
    world = place.world
    total = Constant(spec.total)
    return [limited(world.environment, world.deadlines, total, place.name, propagate=spec.propagate)]


def _timeout(place: Place, law: Any) -> list[Policy]:
    """A timeout that is not the innermost policy."""
    world = place.world
    return [limited(world.environment, world.deadlines, world.draws(f"timeout/{place.stream}", law), place.name)]


def _breaker(place: Place, spec: BreakerSpec) -> list[Policy]:
    world = place.world

    def breaker() -> Breaker:
        tally = world.breaker_tally(place.edge.caller, place.edge.service)
        made = Breaker(spec)
        made.watch(_timed(world, made, tally.watch(), timer=spec.open_ends == "timer"))
        tally.breakers.append(made)
        return made

    choose = place.state(spec.scope, spec, breaker)
    policies = place.around(spec.scope, breaking(world.environment, choose, place.name))
    if spec.serialised:
        owner = place.number if spec.scope == "caller" else -1
        key = ("mutex", place.edge.caller, owner, place.edge.service, place.position, spec)
        policies.insert(0, serialised(place.shared.once(key, lambda: _mutex(world))))
    return policies


def _mutex(world: World) -> Mutex:
    mutex = Mutex(world.environment)
    world.mutexes.append(mutex)
    return mutex


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


BUILDERS: dict[type, Callable[[Place, Any], list[Policy]]] = {
    DeadlineSpec: _deadline,
    RetrySpec: _retry,
    BreakerSpec: _breaker,
}
"""What builds a policy from its spec: the wrappers that it needs, outermost first. A new policy is a row here."""


def policies_of(place: Place, spec: Any) -> list[Policy]:
    """The wrappers of one policy of a stack; what has no row is a law, and a law is a timeout."""
    return BUILDERS.get(type(spec), _timeout)(place, spec)
