"""Plays one replication: builds the model, lets the clock run, checks the books, reports."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from simulator.build.model import build
from simulator.build.state import has_originals
from simulator.conservation import ConservationError, check
from simulator.metrics.batches import batches_of
from simulator.metrics.caching import CacheInstrument
from simulator.metrics.copying import CopyInstrument
from simulator.metrics.effects import effect_columns
from simulator.metrics.gauges import Gauges
from simulator.metrics.instruments import (
    CallInstrument,
    ChangingInstrument,
    CoreInstrument,
    PoolInstrument,
    ServiceInstrument,
)
from simulator.metrics.messages import MessageInstrument, loss_columns
from simulator.metrics.phases import phases_of
from simulator.metrics.report import (
    Measure,
    Run,
    distribution_columns,
    metric_columns,
    request_columns,
    timeline_columns,
)
from simulator.metrics.requests import Requests
from simulator.metrics.timeline import Windows
from simulator.results import Columns, RunResult
from simulator.services.replicated import Copy

if TYPE_CHECKING:
    from simulator.build.world import World
    from simulator.metrics.instruments import Instrument
    from simulator.services.service import Service
    from simulator.spec.scenario import Scenario
    from simulator.spec.services import ServiceSpec

__all__ = ["ConservationError", "Measure", "run_once"]

NOTHING_MORE = Measure()


def run_once(scenario: Scenario, replication: int, *, measure: Measure = NOTHING_MORE) -> RunResult:
    """Play one replication of a scenario.

    Args:
        scenario: what to play.
        replication: from 0; with the experiment's seed it fixes every draw.
        measure: what objectives need beyond the fixed metrics.

    Raises:
        ConservationError: the books do not balance: a bug of callsim.
    """
    world = build(scenario, replication)
    run = scenario.experiment.run
    phases, batches = phases_of(scenario), batches_of(run, measure.batches)
    windows = Windows.of(run.window, run.duration)
    ends = [time for phase in (*phases, *batches) for piece in phase.pieces for time in piece]
    gauges = Gauges([*ends, *(time for piece in windows.pieces() for time in piece)])
    instruments = _instruments(world)
    for instrument in instruments:
        instrument.connect(gauges)
    gauges.start(world.environment)
    _play(world, run.duration, run.drain)
    check(world)
    every = Requests.of(world.journal.close(), world.journal.staleness() if has_originals(world) else None)
    requests = {
        entry.name: every.of_entry(entry.number) for entry in sorted(world.entries, key=lambda entry: entry.name)
    }
    names = {entry.number: entry.name for entry in world.entries}
    fulfilled_by = run.duration + run.fulfilled_within
    finished = Run(requests, instruments, gauges, phases, windows, fulfilled_by, measure, world.route_tallies)
    metrics, order_statistics = metric_columns(finished, phases)
    batch_metrics, batch_samples = metric_columns(finished, batches) if batches else ({}, {})
    return RunResult(
        metrics=metrics,
        timeline=timeline_columns(finished),
        distributions=distribution_columns(finished),
        requests=request_columns(finished, world.journal.reasons) if run.record == "requests" else None,
        facts=_facts(world, every),
        breaker_states=_breaker_states(world),
        effects=effect_columns(world.journal.book.counts, names, requests, phases[0]),
        losses=loss_columns(instruments, gauges, phases[0]),
        order_statistics=order_statistics,
        batches=batch_metrics,
        batch_samples=batch_samples,
    )


def _play(world: World, duration: float, drain: float) -> None:
    for client in world.clients:
        client.start()
    environment = world.environment
    active = world.journal.active
    with _rare_collections():
        environment.run_until(duration)
        if active:
            environment.run_until(duration + drain, lambda: not active)


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Let Python look for cycles of dead objects seldom: the model leaves next to none behind."""
    thresholds = gc.get_threshold()
    gc.set_threshold(200_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)


def _instruments(world: World) -> list[Instrument]:
    instruments: list[Instrument] = []
    for (caller, service), tally in sorted(world.calls.items()):
        instruments.append(CallInstrument(f"call:{caller}->{service}", tally, world.breakers.get((caller, service))))
    for name, built in sorted(world.services.items()):
        instruments += _of_service(name, built, world.scenario.experiment.services[name])
    for kind, tallies in (
        ("topic", world.topic_tallies),
        ("broker", world.broker_tallies),
        ("outbox", world.outbox_tallies),
    ):
        for name, messages in sorted(tallies.items()):
            instruments.append(MessageInstrument(f"{kind}:{name}", messages))
    return [*instruments, *_cache_instruments(world)]


def _cache_instruments(world: World) -> Iterator[Instrument]:
    for position, kind in ((0, "service"), (1, "cache")):
        for name in sorted({key[position] for key in world.caches}):
            tallies = [made.tally for key, made in sorted(world.caches.items()) if key[position] == name]
            yield CacheInstrument(f"{kind}:{name}", tallies, of_service=kind == "service")


def _of_service(name: str, service: Service, spec: ServiceSpec) -> Iterator[Instrument]:
    count, membership = len(service.replicas), service.membership
    for place, instrument in enumerate(_parts_of_service(name, service, spec)):
        if membership is None:
            yield instrument
        else:
            yield ChangingInstrument(instrument, membership, count, counted=place == 0)


def _parts_of_service(name: str, service: Service, spec: ServiceSpec) -> Iterator[Instrument]:
    """Its workers, cores, copies and pools, as if all replicas were always there."""
    count = len(service.replicas)
    servers = service.servers
    shared = servers if spec.cores is None else None
    yield ServiceInstrument(f"service:{name}", service.tally, service.workers * count, shared)
    if servers is not None and spec.cores is not None:
        yield CoreInstrument(f"service:{name}", servers, spec.cores * count)
    copies = [held for held in service.state.values() if isinstance(held, Copy)]
    if copies:
        yield CopyInstrument(f"service:{name}", copies)
    for pool, tally in service.pools.items():
        yield PoolInstrument(f"pool:{name}/{pool}", tally, spec.pools[pool].size * count)


def _facts(world: World, requests: Requests) -> dict[str, float]:
    return {
        "events": float(world.environment.events),
        "calls": float(np.add.reduce(requests.column["calls"])) if len(requests) else 0.0,
        "requests": float(len(requests)),
        "simulated": float(world.environment.now),
    }


def _breaker_states(world: World) -> Columns:
    rows = [
        (f"call:{caller}->{service}", time, state.name.lower())
        for (caller, service), tally in sorted(world.breakers.items())
        for time, state in tally.changes
    ]
    names = ("operation", "time", "state")
    return {name: [row[place] for row in rows] for place, name in enumerate(names)}
