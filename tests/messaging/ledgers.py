"""A service that commits and tells of it, and one that listens: what is left of both when something fails."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from simulator.spec.policies import EdgePolicies
from simulator.spec.scenario import Edge
from tests.services.bench import Bench

MODES = ("outbox", "commit_then_publish", "publish_then_commit")
QUICK = {"preset": "durable_queue", "publish_latency": 0.0, "delivery_latency": 0.0, "visibility_timeout": 3.0}


def transaction(mode: str, **keys: Any) -> dict[str, Any]:
    """The step: a second of work, then the commit; publishes to ``placed``."""
    return {"transaction": {"work": 1.0, "publish": "placed", "mode": mode, **keys}}


def fault(kind: str, at: float, seconds: float = 1.0, target: str = "back") -> dict[str, Any]:
    return {"name": f"{kind} {at} {target}", "kind": kind, "target": target, "at": at, "for": seconds}


_TARGETS = {"crash": "back", "pause": "back[0]", "broker_down": "broker:bus", "partition": "back <-> bus"}


def troubles(*, until: float = 15.0, most: int = 4) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Up to `most` faults of every kind that messages can meet, each begun by `until` and at most 4 s long."""
    one = st.builds(
        lambda kind, at, seconds: fault(kind, at, seconds, _TARGETS[kind]),
        st.sampled_from(list(_TARGETS)),
        st.integers(0, int(4 * until)).map(lambda quarter: quarter / 4),
        st.integers(1, 16).map(lambda quarter: quarter / 4),
    )
    return st.lists(one, max_size=most, unique_by=lambda entry: (entry["kind"], entry["at"]))


class Ledgers(Bench):
    """``back.serve`` carries out `steps`; ``mail.note`` handles what it publishes, at once, and leaves an effect."""

    def __init__(
        self,
        *steps: dict[str, Any],
        broker: dict[str, Any] | None = None,
        operation: dict[str, Any] | None = None,
        edge: EdgePolicies | None = None,
        replicas: int = 1,
        **tables: Any,
    ) -> None:
        super().__init__(
            {
                "workers": 100,
                "replicas": replicas,
                "operations": {"serve": {"steps": list(steps), **(operation or {})}},
            },
            edge,
            services={"mail": {"workers": 100, "operations": {"note": {"work": 0.0, "effect": True}}}},
            more_edges={Edge("client", "mail", "note"): EdgePolicies()},
            brokers={"bus": {**QUICK, **(broker or {})}},
            topics={"placed": {"broker": "bus", "subscribers": [{"operation": "mail.note", "max_deliveries": 1000}]}},
            **tables,
        )

    def left(self, name: str = "a") -> tuple[int, int]:
        """How often a request's transaction was committed, and how often its message was handled."""
        ledger = self.roots[name].ledger
        units = {} if ledger is None else ledger.units
        told = sum(count for path, count in units.items() if path.name.endswith("note"))
        return sum(units.values()) - told, told
