"""A service as it runs: its replicas, its operations, and the list of replicas that callers know of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.services.balancing import Listing
    from simulator.services.membership import Membership
    from simulator.services.operation import Operation
    from simulator.services.pools import PoolTally
    from simulator.services.replica import Replica
    from simulator.services.replicated import Copy, Original
    from simulator.services.state import Row, Stock
    from simulator.services.workers import ServerTally, WorkTally


@dataclass(slots=True)
class Service:
    """One named service.

    Attributes:
        workers: of one replica; infinity: any number.
        replicas: all that it can ever have. members: those that take messages, in order of index: all of them, but for
            those that are not there or on their way out where its `membership` changes.
        outgoing: number of each outgoing edge, by whatever tells edges apart; the index into `Replica.calls`.
        state: its rows, stocks and copies of rows, by name.
        servers: what is counted at its processors, where it has cores or its workers are shared.
        pools: what is counted at its pools, by name, in order of name.
    """

    name: str
    workers: float
    replicas: list[Replica]
    listing: Listing
    tally: WorkTally
    operations: dict[str, Operation] = field(default_factory=dict)
    outgoing: dict[Any, int] = field(default_factory=dict)
    state: dict[str, Row | Stock | Original | Copy] = field(default_factory=dict)
    servers: ServerTally | None = None
    pools: dict[str, PoolTally] = field(default_factory=dict)
    members: list[Replica] = field(init=False)
    membership: Membership | None = None

    def __post_init__(self) -> None:
        """All are members until somebody says otherwise."""
        self.members = list(self.replicas)

    def edge(self, key: Any) -> int:
        """The number of an outgoing edge; a new one if it has none yet."""
        return self.outgoing.setdefault(key, len(self.outgoing))
