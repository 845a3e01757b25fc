"""The same queues in Ciw (G. I. Palmer et al. 2019), and how its records become figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import ciw
import numpy as np

from tests.truth.cases import Ciw


def records(network: Any, seed: int, until: float) -> list[Any]:
    """Play a network and return what Ciw noted of every visit that ended by then."""
    ciw.seed(seed)
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(until)
    return list(simulation.get_all_records())


def stays(visits: Iterable[Any], warmup: float, until: float) -> np.ndarray:
    """Return how long those who arrived between ``warmup`` and ``until`` were in the network, and have left it."""
    arrived: dict[int, float] = {}
    left: dict[int, float] = {}
    for visit in visits:
        if visit.record_type == "service":
            arrived[visit.id_number] = min(arrived.get(visit.id_number, visit.arrival_date), visit.arrival_date)
            if visit.destination == -1:
                left[visit.id_number] = visit.exit_date
    kept = [left[one] - arrived[one] for one in sorted(left) if warmup <= arrived[one] < until]
    return np.array(kept)


def of_stays(values: np.ndarray) -> dict[str, float]:
    """Return mean and 95th percentile."""
    return {"mean": float(np.mean(values)), "p95": float(np.quantile(values, 0.95))}


def _row(means: Sequence[float], rate: float, servers: int = 1) -> Any:
    """Stations in a row, of exponential services."""
    stations = len(means)
    return ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(rate=rate), *[None] * (stations - 1)],
        service_distributions=[ciw.dists.Exponential(rate=1 / mean) for mean in means],
        routing=[[1.0 if to == at + 1 else 0.0 for to in range(stations)] for at in range(stations)],
        number_of_servers=[servers] * stations,
    )


def _mm1(seed: int) -> dict[str, float]:
    return of_stays(stays(records(_row([1.0], 0.8), seed, 42_200), 2000, 42_000))


def _mm4(seed: int) -> dict[str, float]:
    visits = records(_row([1.0], 3.2, servers=4), seed, 10_100)
    waits = [visit.waiting_time for visit in visits if 300 <= visit.arrival_date < 10_000]
    return {**of_stays(stays(visits, 300, 10_000)), "wait": float(np.mean(waits))}


def _tandem(seed: int) -> dict[str, float]:
    return of_stays(stays(records(_row([1 / 10, 1 / 8, 1 / 7], 5.0), seed, 3_030), 50, 3_000))


MM1, MM4, TANDEM = Ciw(_mm1), Ciw(_mm4), Ciw(_tandem)
