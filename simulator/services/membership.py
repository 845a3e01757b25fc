"""Which replicas of a service are there: they start, leave when they have nothing in hand any more, are deployed anew.

Every replica that a service can ever have is built at the beginning, so that edges, consumers and policies know it;
those that are no members are down and unlisted. Callers hear of comers and leavers at once, or, where there is
discovery, ``propagation`` seconds later. A leaver serves on until they have heard (Kubernetes: a preStop hook that
waits for the endpoints), then it finishes what it has in hand and is gone.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

from simulator.services.crashing import crash

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from simulator.kernel.environment import Environment
    from simulator.network.attempt import Attempt
    from simulator.services.balancing import Listing
    from simulator.services.execution import Execution
    from simulator.services.leaf import Served
    from simulator.services.replica import Replica

    _Base = Replica
else:
    _Base = object

Kind = TypeVar("Kind", bound="Replica")


class Replicated(Protocol):
    """A service, as far as it consists of replicas.

    Attributes:
        replicas: all that it can ever have. members: those that take messages. listing: those that callers know of.
    """

    replicas: list[Replica]
    members: list[Replica]
    listing: Listing


class Membership:
    """The comings and goings at one service.

    Args:
        size: how many replicas are members at the beginning: the first ones.
        propagation: seconds until callers hear of a change of the list; None: there is no discovery.

    Attributes:
        holders: what else may have work for a replica on its way out (queues that have handed it a message).
        when_closing: called with a replica that begins to leave, for good or for its deployment.
    """

    def __init__(self, environment: Environment, service: Replicated, size: int, propagation: float | None) -> None:
        self._environment = environment
        self._service = service
        self._discovered = propagation is not None
        self._delay = propagation or 0.0
        self._by_age = service.replicas[:size]  # the youngest last; those on their way out are none of them
        self._turn = dict.fromkeys(service.replicas, 0)
        self._told: dict[Replica, bool] = {}
        self._out: dict[Replica, int] = {}
        self._absence: dict[Replica, int] = {}
        self._up = size
        self._there = size
        self._since = 0.0
        self._up_seconds = 0.0
        self._there_seconds = 0.0
        self.holders: list[Callable[[Replica], int]] = []
        self.when_closing: list[Callable[[Replica], None]] = []
        for replica in service.replicas:
            replica.when_drained = self._drained
        for replica in service.replicas[size:]:
            replica.member = False
            service.members.remove(replica)
            service.listing.remove(replica)
            self._shut(replica)
        for replica in service.replicas:
            replica.when_restored.append(self._recount)
            replica.when_crashed.append(partial(self._crashed, replica))

    @property
    def size(self) -> int:
        """How many members there are, those on their way out not counted."""
        return len(self._by_age)

    def up_seconds(self, now: float) -> float:
        """Replica-seconds of members that were up, until now."""
        return self._up_seconds + self._up * (now - self._since)

    def there_seconds(self, now: float) -> float:
        """Replica-seconds of all members, up or not, until now."""
        return self._there_seconds + self._there * (now - self._since)

    def absent(self) -> list[Replica]:
        """Who could be started, in order of index."""
        return [replica for replica in self._service.replicas if replica.draining or not replica.member]

    def resize(self, size: int) -> None:
        """Start the first absent replicas, or retire the youngest, until `size` are there."""
        for replica in self.absent()[: max(0, size - self.size)]:
            self.start(replica)
        while self.size > size:
            self.retire(self._by_age[-1])

    def place(self, zones: Mapping[str, int]) -> None:
        """Start and retire replicas until so many are there in each zone (an empty name: in none)."""
        for zone in dict.fromkeys(replica.zone for replica in self._service.replicas):
            wanted = zones.get(zone, 0)
            here = [replica for replica in self._by_age if replica.zone == zone]
            for replica in [other for other in self.absent() if other.zone == zone][: max(0, wanted - len(here))]:
                self.start(replica)
            for replica in here[wanted:][::-1]:
                self.retire(replica)

    def start(self, replica: Replica) -> None:
        """A replica becomes a member: empty, and up unless it has crashed meanwhile. One on its way out stays."""
        service = self._service
        self._turn[replica] += 1
        replica.member, replica.draining = True, False
        self._by_age.append(replica)
        members = {*service.members, replica}
        service.members[:] = [other for other in service.replicas if other in members]
        self._later(self._list, replica)
        self._open(replica)

    def retire(self, replica: Replica) -> None:
        """A member begins to leave: it takes no more messages, nor requests of callers who have heard of it."""
        self._turn[replica] += 1
        replica.draining = True
        self._told[replica] = False
        self._by_age.remove(replica)
        self._service.members.remove(replica)
        for close in self.when_closing:
            close(replica)
        self._later(self._unlist, replica)

    def redeploy(self, seconds: float) -> None:
        """Replace every present member, one after the other in order of index, each out for `seconds`."""
        self._roll_on((tuple(self._service.members), 0, seconds))

    # -- leaving ------------------------------------------------------------------------------------------

    def _later(self, action: Callable[[tuple[Replica, int]], None], replica: Replica) -> None:
        argument = (replica, self._turn[replica])
        if self._delay:
            self._environment.at(self._environment._now + self._delay, action, argument)
        else:
            action(argument)

    def _list(self, who: tuple[Replica, int]) -> None:
        replica, turn = who
        if turn == self._turn[replica]:
            self._service.listing.add(replica, self._service.replicas)

    def _unlist(self, who: tuple[Replica, int]) -> None:
        replica, turn = who
        if turn == self._turn[replica]:
            self._service.listing.remove(replica)
            self._told[replica] = True
            self._drained(replica)

    def _drained(self, replica: Replica) -> None:
        """A replica on its way out may have nothing in hand any more: look again once the present moment is over."""
        if replica.draining and self._told.get(replica):
            self._environment.at(self._environment._now, self._leave, (replica, self._turn[replica]))

    def _crashed(self, replica: Replica, now: float) -> None:
        self._recount()
        self._drained(replica)

    def _leave(self, who: tuple[Replica, int]) -> None:
        replica, turn = who
        busy = replica.executing or replica.queued or replica.messages or any(held(replica) for held in self.holders)
        if turn != self._turn[replica] or not replica.draining or busy:
            return
        replica.member = replica.draining = False
        if replica not in self._absence:
            self._shut(replica)
        crash(replica)  # nothing is lost but what it knew

    # -- deploys ------------------------------------------------------------------------------------------

    def _roll_on(self, state: tuple[tuple[Replica, ...], int, float]) -> None:
        """Bring back the replica whose turn is over, and take out the next."""
        members, number, seconds = state
        if number:
            self._bring_back(members[number - 1])
        if number < len(members):
            self._take_out(members[number], seconds)
            self._environment.before(self._environment._now + seconds, self._roll_on, (members, number + 1, seconds))

    def _take_out(self, replica: Replica, seconds: float) -> None:
        if not replica.member or replica.draining:
            return  # it has left meanwhile
        mine = self._out[replica] = self._turn[replica] = self._turn[replica] + 1
        if 0.0 < self._delay < seconds:
            self._environment.at(self._environment._now + self._delay, self._close, (replica, mine))
        elif self._delay < seconds:
            self._close((replica, mine))

    def _close(self, who: tuple[Replica, int]) -> None:
        """It takes nothing more, and finishes what it has in hand."""
        replica, turn = who
        if turn == self._turn[replica]:
            if self._discovered:
                self._service.listing.remove(replica)
            for close in self.when_closing:
                close(replica)
            self._shut(replica)

    def _bring_back(self, replica: Replica) -> None:
        """Its turn is over: what is still in hand is lost, and a new instance is there."""
        if self._out.pop(replica, None) == self._turn[replica]:
            if self._discovered:
                self._later(self._list, replica)
            crash(replica)
            self._open(replica)

    # -- up and down --------------------------------------------------------------------------------------

    def _shut(self, replica: Replica) -> None:
        """Its absence holds it down as a crash does, so that the end of a crash does not bring it back."""
        replica.up = False
        self._absence[replica] = replica.crashes.turn(1.0)
        self._recount()

    def _open(self, replica: Replica) -> None:
        handle = self._absence.pop(replica, None)
        if handle is not None:
            replica.crashes.release(handle)
        if not replica.crashes.value:
            replica.restore()  # also where it never was down: its queues may hand it messages again
        self._recount()

    # -- counting -----------------------------------------------------------------------------------------

    def _recount(self) -> None:
        now: float = self._environment._now
        self._up_seconds += self._up * (now - self._since)
        self._there_seconds += self._there * (now - self._since)
        self._since = now
        self._up = sum(replica.member and replica.up for replica in self._service.replicas)
        self._there = sum(replica.member for replica in self._service.replicas)


class Departing(_Base):
    """Mixed into the replicas of a service that may shrink: says when one on its way out is done with something."""

    __slots__ = ()

    def ended(self, execution: Execution) -> None:
        """An execution is over."""
        super().ended(execution)
        if self.draining:
            self.when_drained(self)

    def left(self, origin: Served) -> None:
        """A leaf has served `origin`, or was stopped."""
        super().left(origin)
        if self.draining:
            self.when_drained(self)

    def withdraw(self, attempt: Attempt) -> None:
        """The caller has given up."""
        super().withdraw(attempt)
        if self.draining:
            self.when_drained(self)


def departing(kind: type[Kind]) -> type[Kind]:
    """The same kind of replica, for a service that may shrink: the others pay nothing for it."""
    return cast("type[Kind]", type(f"Departing{kind.__name__}", (Departing, kind), {"__slots__": ()}))
