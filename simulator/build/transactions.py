"""Builds transactions, the outboxes that some of them write to, and the relays that empty these."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.build.world import Mail
from simulator.faults.breakdowns import Breakdowns, Breaking
from simulator.faults.schedule import Unit
from simulator.kernel.laws import sampler
from simulator.messaging.message import MessageTally
from simulator.messaging.relay import Pace, Relay
from simulator.services.steps import Luck
from simulator.services.transactions import CommittedFirst, PublishedFirst, RelayedTransaction
from simulator.spec.laws import ConstantLaw
from simulator.spec.steps import WorkStep

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.build.work import WorkBuilder
    from simulator.build.world import World
    from simulator.services.service import Service
    from simulator.services.transactions import AnyTransaction
    from simulator.spec.laws import AnyLaw
    from simulator.spec.transactions import RelaySpec, TransactionSpec, TransactionStep


def transaction_step(
    world: World,
    service: Service,
    work: WorkBuilder,
    step: TransactionStep,
    place: str,
    mistakes: Luck | None,
    remembered_for: float | None,
) -> AnyTransaction:
    """The step at `place`; `mistakes` are drawn after its work, before it commits."""
    spec = step.transaction
    kinds: dict[str, type[AnyTransaction]] = {
        "outbox": RelayedTransaction,
        "commit_then_publish": CommittedFirst,
        "publish_then_commit": PublishedFirst,
    }
    made = kinds[spec.mode](
        f"transaction {place}",
        work.build(WorkStep(work=spec.work, undo=spec.undo), place, mistakes),
        world.topics[spec.publish],
        effect=spec.effect,
        remembered_for=remembered_for,
        rolled_back=_rolled_back(world, spec, place),
        critical=step.critical,
    )
    if spec.effect:
        world.leaving.append(made)
    if isinstance(made, RelayedTransaction):
        made.outbox = relay_of(world, service, spec.relay, place)
    elif isinstance(made, CommittedFirst):
        made.passes_over = spec.on_publish_failure == "continue"
    return made


def relay_of(world: World, service: Service, spec: RelaySpec, place: str) -> Relay:
    """The relay of a service's outbox; transactions that want another pace have an outbox of their own.

    `place` is the first step that writes to it: its draws go by that.
    """
    key = (service.name, spec)
    if key not in world.relays:
        tally = world.outbox_tallies.setdefault(service.name, MessageTally())
        delay = None if spec.delay is None else world.draws(f"relay/{place}/delay", spec.delay)
        pace = Pace(spec.every, delay, spec.batch, _sequence(world, f"relay/{place}/mark", spec.mark))
        relay = world.relays[key] = Relay(world.environment, service.replicas, service.members, pace, tally)
        world.mail.append(Mail(f"outbox of {service.name}", tally, relay, service.name))
        if spec.mtbf is not None and spec.mttr is not None:
            unit = Unit(f"relay of {service.name}", [relay.crash], [relay.restore])
            well, repair = (
                _sequence(world, f"relay/{place}/{name}", law)
                for name, law in (("well", spec.mtbf), ("repair", spec.mttr))
            )
            Breakdowns(world.environment, [Breaking(unit, well, repair)], None).start(0.0)
    return world.relays[key]


def _rolled_back(world: World, spec: TransactionSpec, place: str) -> Luck | None:
    errors = spec.commit_errors
    return Luck(errors.share, world.chance(f"commit_errors/{place}", errors.per_request)) if errors.share else None


def _sequence(world: World, name: str, law: AnyLaw) -> Callable[[], float]:
    if isinstance(law, ConstantLaw):
        return lambda: law.value
    return world.streams.sequence(name, sampler(law)).draw
