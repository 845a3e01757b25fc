"""A replica: workers, a queue for requests, messages that wait for a worker when no request does.

`arrive` and `accept` take work in; a worker that becomes free takes the next request, or else the next message. A
service whose threads do not wait with their requests (``holds_worker: false``) gives the worker back whenever a
request waits for something else, and who comes back queues at the tail.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from simulator.kernel.knobs import Count, Product, Share
from simulator.kernel.ticket import Ticket
from simulator.network.attempt import Cancel
from simulator.network.site import site_of
from simulator.outcomes import Outcome, Reply
from simulator.services.execution import Execution
from simulator.services.leaf import Leaf
from simulator.services.standstill import Standstill

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from simulator.kernel.environment import Environment
    from simulator.network.attempt import Attempt
    from simulator.policies.call import Call
    from simulator.services.equipment import Equipment
    from simulator.services.execution import Origin
    from simulator.services.leaf import Served
    from simulator.services.pools import Pool
    from simulator.services.processing import Processing
    from simulator.services.workers import WorkTally

QUEUED = object()
"""In place of an attempt's execution: it waits for a worker."""


class Replica:
    """One instance of a service.

    Attributes:
        service: its service's name; `name` is ``service[index]``.
        zone: where it is; an empty text: in no zone. site: what its messages travel from: its service, and the zone.
        workers: how many requests it serves at once (infinity: any number); `busy` of them are occupied.
        waiting: requests that wait for a worker (`queued` of them have not been withdrawn); `messages` come after them.
        executing: executions that have begun and not ended.
        calls: the composed call of each outgoing edge of the service, by the edge's number.
        up: whether it answers; a crash makes it lose everything it has in hand (see `services.crashing`).
        member: whether it belongs to its service at present. draining: whether it is on its way out; `when_drained` is
            then told whenever it is done with something (see `services.membership`).
        paused: pauses in force, and who waits for their end.
        slowdowns: factor on work that begins now, by operation. errors: share of executions that fails, by operation.
        when_restored, when_crashed: called after it came back, and after it lost what it held (with the time).
        live: what it executes, in order, kept only where a crash can happen.
        processing: its processor, where executions share one. pools: its pools, in order of name.
    """

    __slots__ = (
        "_capacity",
        "_full",
        "_take",
        "busy",
        "calls",
        "crashes",
        "draining",
        "environment",
        "errors",
        "executing",
        "holds_worker",
        "live",
        "member",
        "messages",
        "name",
        "paused",
        "pools",
        "processing",
        "queued",
        "service",
        "site",
        "slowdowns",
        "tally",
        "up",
        "waiting",
        "when_crashed",
        "when_drained",
        "when_restored",
        "workers",
        "zone",
    )

    def __init__(
        self, environment: Environment, service: str, index: int, equipment: Equipment, tally: WorkTally
    ) -> None:
        self.environment = environment
        self.service = self.site = service
        self.zone = ""
        self.name = f"{service}[{index}]"
        self.workers = equipment.workers
        self.holds_worker = equipment.holds_worker
        self.tally = tally
        self.calls: list[Call] = []
        self.busy = 0
        self.queued = 0
        self.executing = 0
        self.up = True
        self.member = True
        self.draining = False
        self.crashes = Count()
        self.paused = Standstill(environment)
        self.slowdowns = [Product() for _ in range(equipment.operations)]
        self.errors = [Share() for _ in range(equipment.operations)]
        self.waiting, self._take = equipment.line()
        self.messages: deque[Origin] = deque()
        self.live: dict[Any, None] | None = {} if equipment.can_crash else None
        self._capacity = equipment.capacity
        self.when_restored: list[Callable[[], None]] = []
        self.when_crashed: list[Callable[[float], None]] = []
        self.when_drained: Callable[[Replica], None] = _nobody_asks
        self._full = Reply(Outcome.REJECTED, "queue_full", self.name)
        self.processing: Processing | None = None
        self.pools: Sequence[Pool] = ()

    def place(self, zone: str) -> None:
        """Put it in a zone, before anything happens to it."""
        self.zone = zone
        self.site = site_of(self.service, zone)

    def hold_at_most(self, capacity: float) -> None:
        """From now on so many requests may wait here; those that wait already stay."""
        self._capacity = capacity

    # -- taking work in -----------------------------------------------------------------------------------

    def arrive(self, attempt: Attempt) -> None:
        """Serve a request, queue it or refuse it."""
        if attempt.withdrawn:
            attempt.drop()
        elif not self.up:
            attempt.answer(attempt.link.unreachable)
        elif self.busy < self.workers and not self.queued and not self.paused.value:
            if _is_void(attempt, self.environment._now):
                attempt.drop()
                return
            self._occupy()
            self._begin(attempt)
        elif self.queued >= self._capacity:
            self.refuse_full(attempt)
        else:
            attempt.execution = QUEUED
            self._enqueue(attempt)

    def refuse_full(self, attempt: Attempt) -> None:
        """There is no room for a request."""
        self.tally.refused += 1
        attempt.answer(self._full)

    def accept(self, message: Origin) -> None:
        """Take a message in; it waits until a worker is free and no request waits."""
        if not self.up:
            message.break_off()
        elif self.busy < self.workers and not self.queued and not self.messages and not self.paused.value:
            self._occupy()
            self._begin(message)
        else:
            self.messages.append(message)

    def withdraw(self, attempt: Attempt) -> None:
        """The caller has given up: take the attempt out of the queue, or stop the work on it if the edge says so."""
        execution = attempt.execution
        if execution is QUEUED:
            attempt.withdrawn = True
            self.dequeued()
            attempt.drop()
        elif execution is None:
            attempt.withdrawn = attempt.reply is None  # the cancel message has overtaken the request
        elif attempt.link.cancel is Cancel.ALWAYS and not execution.answered:
            self.stop(attempt)
            attempt.drop()

    def stop(self, origin: Any) -> None:
        """Stop what is done for `origin` where it stands; what it holds is given back and it leaves no effect."""
        execution = origin.execution
        if type(execution) is Leaf:
            origin.execution = None
            self.left(origin)
            return
        for crew in execution.crews:
            crew.close()
        self.environment.close(execution)

    # -- workers ------------------------------------------------------------------------------------------

    def acquire(self, execution: Execution) -> Generator[None, None, None]:
        """Queue for a worker in mid-request (``holds_worker: false``); never refused."""
        if self.busy < self.workers and not self.queued and not self.paused.value:
            self._occupy()
        else:
            ticket = Ticket(execution.task)
            self._enqueue(ticket)
            try:
                yield None
            except GeneratorExit:
                if ticket.granted:
                    self._pass_on()
                else:
                    ticket.withdrawn = True
                    self.dequeued()
                raise
        execution.holding = True
        execution.since = self.environment._now

    def let_go(self, execution: Execution) -> None:
        """Give the execution's worker to whoever comes next."""
        execution.holding = False
        execution.held += self.environment._now - execution.since
        self._pass_on()

    def ended(self, execution: Execution) -> None:
        """An execution is over, one way or another."""
        self.executing -= 1
        if self.live is not None:
            self.live.pop(execution.origin, None)
        origin = execution.origin
        origin.execution = None
        tally = self.tally
        tally.executed += 1
        if execution.holding:
            execution.holding = False
            execution.held += self.environment._now - execution.since
            self._pass_on()
        if origin.given_up:
            tally.wasted += execution.held

    def left(self, origin: Served) -> None:
        """A leaf has served `origin`, or was stopped."""
        self.executing -= 1
        if self.live is not None:
            self.live.pop(origin, None)
        self.tally.executed += 1
        if origin.given_up:
            self.tally.wasted += self.environment._now - origin.since
        self._pass_on()

    def _occupy(self) -> None:
        self.busy += 1
        self.tally.busy -= self.environment._now
        self.tally.busy_now += 1

    def _pass_on(self) -> None:
        """Give a worker that has become free to whoever comes next: a request, else a message, else nobody."""
        if not self.paused.value:
            if self.waiting:
                item = self._next_request()
                if item is not None:
                    if type(item) is Ticket:
                        item.grant(self.environment)
                    else:
                        self._begin(item)
                    return
            if self.messages:
                self._begin(self.messages.popleft())
                return
        self.busy -= 1
        self.tally.busy += self.environment._now
        self.tally.busy_now -= 1

    def _next_request(self) -> Any:
        waiting = self.waiting
        tally = self.tally
        now: float = self.environment._now
        while waiting:
            item = self._take()
            if item.withdrawn:
                continue
            self.queued -= 1
            tally.queue += now
            tally.queued_now -= 1
            if type(item) is not Ticket and (item.given_up or item.deadline < now) and _is_void(item, now):
                self._discard(item)
                continue
            return item
        return None

    def _discard(self, attempt: Attempt) -> None:
        """A worker would have taken it up and found it void: nobody is told."""
        attempt.drop()

    def _begin(self, origin: Any) -> None:
        self.executing += 1
        if self.live is not None:
            self.live[origin] = None
        program = origin.program
        if type(program) is Leaf:
            program.begin(origin, self)
            return
        environment = self.environment
        execution = Execution(origin, self, environment._now)
        origin.execution = execution
        origin.root.pending += 1
        execution.generator = program(execution)
        environment.now_ready.append((execution, 0, None))

    def _enqueue(self, item: Any) -> None:
        self.waiting.append(item)
        self.queued += 1
        tally = self.tally
        tally.queue -= self.environment._now
        tally.queued_now += 1
        if tally.queued_now > tally.queued_max:  # noqa: PLR1730 - max() would cost every request a call
            tally.queued_max = tally.queued_now

    def dequeued(self) -> None:
        """A request waits no more."""
        self.queued -= 1
        self.tally.queue += self.environment._now
        self.tally.queued_now -= 1

    # -- faults -------------------------------------------------------------------------------------------

    def restore(self) -> None:
        """Come back, empty."""
        self.up = True
        for action in self.when_restored:
            action()

    def pause(self) -> None:
        """Stand still: nothing is answered, nothing is lost."""
        self.paused.begin()
        if self.processing is not None:
            self.processing.freeze()

    def resume(self) -> None:
        """Go on after the last pause has ended."""
        if self.processing is not None:
            self.processing.thaw()
        self.paused.end()
        while self.busy < self.workers and (self.queued or self.messages):
            self._occupy()
            self._pass_on()


def _is_void(attempt: Attempt, now: float) -> bool:
    """Whether a worker that takes it up finds it expired: its deadline is over, or its caller's timeout."""
    return attempt.deadline < now or (attempt.given_up and attempt.link.cancel is Cancel.AT_DEQUEUE)


def _nobody_asks(replica: Replica) -> None:
    """Replicas of a service that never changes do not leave."""
