"""From the spec of a policy to the policy itself: one row of `BUILDERS` for each, and where its state lives."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar

from simulator.build.world import Held
from simulator.kernel.draws import Constant
from simulator.kernel.keys import SingleKey
from simulator.outcomes import OUTCOMES
from simulator.policies.adapting import adapting, limiter
from simulator.policies.breaker import Breaker
from simulator.policies.breaking import Mutex, breaking, serialised
from simulator.policies.budget import Budget, EnvoyBudget, budget_of
from simulator.policies.bulkhead import bulkhead_of
from simulator.policies.bulkheading import bulkheading
from simulator.policies.cache import Memory, caching
from simulator.policies.choosing import picking_first, unpicking
from simulator.policies.client_rate import ClientRate
from simulator.policies.fallback import default_value, last_good, other_operation
from simulator.policies.hedge import Hedging
from simulator.policies.hedging import hedging
from simulator.policies.limit import limited
from simulator.policies.pacing import Gate, pacing
from simulator.policies.rate_limit import limiter_of
from simulator.policies.rate_limiting import rate_limiting
from simulator.policies.repeating import Rules
from simulator.policies.retry import budgeted, retry
from simulator.policies.throttle import Throttle
from simulator.policies.throttling import throttling
from simulator.spec.policies import (
    AdaptiveLimitSpec,
    AwsBudgetSpec,
    BreakerSpec,
    BulkheadSpec,
    CacheSpec,
    DeadlineSpec,
    FallbackSpec,
    HedgeSpec,
    RateLimitSpec,
    RetrySpec,
    ThrottleSpec,
)

if TYPE_CHECKING:
    from simulator.build.world import World
    from simulator.network.attempt import Request
    from simulator.network.wire import Balancer
    from simulator.policies.adaptive_limit import Limiter
    from simulator.policies.bulkhead import Bulkhead
    from simulator.policies.bulkheading import Turn
    from simulator.policies.call import Call, Policy
    from simulator.policies.choosing import Choose
    from simulator.services.replica import Replica
    from simulator.spec.policies import Scope
    from simulator.spec.scenario import Edge

Made = TypeVar("Made")


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
        position: place in the stack, from 0 for the outermost. ordinal: how many policies of its kind come before it.
        caller: the calling replica; None for the client.
        balancer: what picks the called replica for this caller.
        shared: the state of every policy of the world.
        other: the composed call of another operation (``service.operation``) for the same caller.
    """

    world: World
    shared: Shared
    edge: Edge
    position: int
    ordinal: int
    caller: Replica | None
    number: int
    balancer: Balancer
    other: Callable[[str], Call]

    @property
    def name(self) -> str:
        """The edge, for replies and messages."""
        return str(self.edge)

    @property
    def stream(self) -> str:
        """The place's own name, for its random draws."""
        return f"{self.edge}/{self.position}"

    def state(
        self, scope: Scope, spec: Any, make: Callable[[], Made], met: Callable[[Made], None] | None = None
    ) -> Choose[Made]:
        """Which state a request meets, as `scope` says: one per caller replica, one per edge, one per called replica.

        State that can be ``reset`` and belongs to one caller replica is forgotten when that replica crashes. `met` is
        told of each state that requests of this edge can meet.
        """
        if scope == "callee":
            return self._by_target(spec, make, met)
        owner = self.number if scope == "caller" else -1
        made = self.shared.once((self.edge.caller, owner, self._rest, spec), make)
        reset = getattr(made, "reset", None)
        hooks = self.caller.when_crashed if scope == "caller" and self.caller is not None else None
        if hooks is not None and reset is not None and reset not in hooks:
            hooks.append(reset)
        if met is not None:
            met(made)
        return lambda _: made

    @property
    def _rest(self) -> tuple[str, int]:
        return self.edge.service, self.ordinal

    def _by_target(self, spec: Any, make: Callable[[], Made], met: Callable[[Made], None] | None) -> Choose[Made]:
        by_replica: dict[Any, Made] = {
            replica: self.shared.once((replica.name, self._rest, spec), make)
            for replica in self.world.services[self.edge.service].replicas
        }
        if met is not None:
            for made in by_replica.values():
                met(made)
        return picking_first(self.balancer, by_replica, make())

    def around(self, scope: Scope, *policies: Policy) -> list[Policy]:
        """The policies, outermost first, with what state per called replica needs round them."""
        return [unpicking(self.balancer), *policies] if scope == "callee" else list(policies)


def _retry(place: Place, spec: RetrySpec) -> list[Policy]:
    luck = place.world.streams.source(f"backoff/{place.stream}")
    purse = spec.purse
    if purse is None:
        return [retry(spec, luck, place.world.environment, place.name)]
    environment = place.world.environment

    def budget() -> Budget:
        made = budget_of(purse)
        if isinstance(made, EnvoyBudget):
            place.world.held.append(Held("a retry budget", lambda: made.retries + made.attempts))
        return made

    choose = place.state(purse.scope, purse, budget)
    policies = [budgeted(spec, luck, environment, place.name, choose)]
    if isinstance(purse, AwsBudgetSpec) and purse.adaptive:
        gate = place.state(purse.scope, ("rate", purse), lambda: Gate(environment, ClientRate()))
        policies.append(pacing(environment, gate, Rules(spec).throttles, place.name))
    return place.around(purse.scope, *policies)


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
        made = Breaker(spec)
        made.wake_by(_alarm(world, made))
        world.held.append(Held("a half-open breaker", lambda: made.probes_out))
        return made

    def met(made: Breaker) -> None:
        world.breaker_tally(place.edge.caller, place.edge.service).meet(made, world.environment.now)

    choose = place.state(spec.scope, spec, breaker, met)
    policies = [breaking(world.environment, choose, place.name)]
    if spec.serialised:
        lock = place.state(spec.scope, ("mutex", spec), lambda: _mutex(world))
        policies.insert(0, serialised(world.environment, lock, place.name))
    return place.around(spec.scope, *policies)


def _mutex(world: World) -> Mutex:
    mutex = Mutex(world.environment)
    world.mutexes.append(mutex)
    return mutex


def _alarm(world: World, breaker: Breaker) -> Callable[[float], None]:
    """What a breaker calls that changes by itself at some time."""

    def due(_: None) -> None:
        breaker.tick(world.environment._now)

    return lambda at: world.environment.at(at, due, None)


def _adaptive_limit(place: Place, spec: AdaptiveLimitSpec) -> list[Policy]:
    streams = place.world.streams
    numbers = count()

    def made() -> Limiter:
        luck = streams.sequence(f"adaptive_limit/{place.stream}/{place.number}/{next(numbers)}")
        one = limiter(spec, luck.draw)
        place.world.held.append(Held("an adaptive limit", lambda: one.inflight))
        return one

    choose = place.state(spec.scope, spec, made)
    drops = frozenset(OUTCOMES[name] for name in spec.drops)
    return place.around(spec.scope, adapting(place.world.environment, choose, drops, place.name))


def _bulkhead(place: Place, spec: BulkheadSpec) -> list[Policy]:
    world = place.world

    def bulkhead() -> Bulkhead[Turn]:
        made = bulkhead_of(spec)
        world.bulkheads.append(made)
        return made

    choose = place.state(spec.scope, spec, bulkhead)
    policy = bulkheading(world.environment, world.deadlines, choose, spec.max_wait, place.name)
    return place.around(spec.scope, policy)


def _rate_limit(place: Place, spec: RateLimitSpec) -> list[Policy]:
    choose = place.state(spec.scope, spec, lambda: limiter_of(spec))
    return place.around(spec.scope, rate_limiting(place.world.environment, choose, place.name))


def _throttle(place: Place, spec: ThrottleSpec) -> list[Policy]:
    choose = place.state(spec.scope, spec, lambda: Throttle(spec))
    luck = place.world.streams.source(f"throttle/{place.stream}")
    return place.around(spec.scope, throttling(place.world.environment, choose, luck, place.name))


def _memory_key(place: Place) -> Callable[[Request], Hashable]:
    """By what a memory tells requests apart: the called operation, and that operation's key of the request."""
    called = place.edge.operation
    service = place.world.scenario.experiment.services[place.edge.service]
    operation = service.operations.get(called)  # a path has no operation of its own at the gateway
    keys = place.world.key_of(None if operation is None else operation.key)
    return (lambda _: called) if isinstance(keys, SingleKey) else (lambda request: (called, keys.of(request.root)))


def _fallback(place: Place, spec: FallbackSpec) -> list[Policy]:
    if spec.call is not None:
        return [other_operation(spec, place.other(spec.call), place.world.environment)]
    if spec.cache is not None:
        choose = place.state(spec.cache.scope, spec.cache, Memory)
        return [last_good(spec, choose, _memory_key(place), place.world.environment)]
    return [default_value(spec)]


def _cache(place: Place, spec: CacheSpec) -> list[Policy]:
    choose = place.state(spec.scope, spec, lambda: Memory(spec.capacity))
    return [caching(choose, _memory_key(place), spec.ttl, place.world.environment)]


def _hedge(place: Place, spec: HedgeSpec) -> list[Policy]:
    world = place.world
    choose = place.state(spec.scope, spec, lambda: Hedging(spec))
    return place.around(spec.scope, hedging(spec, choose, world.environment, world.deadlines))


BUILDERS: dict[type, Callable[[Place, Any], list[Policy]]] = {
    FallbackSpec: _fallback,
    CacheSpec: _cache,
    DeadlineSpec: _deadline,
    RetrySpec: _retry,
    HedgeSpec: _hedge,
    BreakerSpec: _breaker,
    BulkheadSpec: _bulkhead,
    RateLimitSpec: _rate_limit,
    ThrottleSpec: _throttle,
    AdaptiveLimitSpec: _adaptive_limit,
}
"""What builds a policy from its spec: the wrappers that it needs, outermost first. A new policy is a row here."""


def policies_of(place: Place, spec: Any) -> list[Policy]:
    """The wrappers of one policy of a stack; what has no row is a law, and a law is a timeout."""
    return BUILDERS.get(type(spec), _timeout)(place, spec)
