"""Requests and attempts: what a caller asks for, and one try at getting it across the network."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any, Protocol

from simulator.outcomes import Outcome, Reply

if TYPE_CHECKING:
    from simulator.kernel.environment import Environment, Task
    from simulator.kernel.ledger import Path
    from simulator.kernel.root import Root

NO_DEADLINE = float("inf")


class Cancel(IntEnum):
    """What becomes of the work when its caller has given up (language reference, section 4)."""

    NEVER = 0
    AT_DEQUEUE = 1
    QUEUED = 2
    ALWAYS = 3


class Target(Protocol):
    """Where attempts arrive: a replica.

    Attributes:
        zone: where it is; an empty text: in no zone.
    """

    zone: str

    def arrive(self, attempt: Attempt) -> None:
        """Take an attempt in: serve it, queue it or refuse it."""

    def withdraw(self, attempt: Attempt) -> None:
        """The caller's cancel message has come."""


class Direction(Protocol):
    """One direction of a way.

    Attributes:
        clear: whether messages take no time and none is lost at present.
    """

    clear: bool


class Exit(Protocol):
    """What an attempt is sent on: the way to a replica, or what knows the way to each zone.

    Attributes:
        cancel: what a given-up attempt still costs the callee. program: what the callee runs.
        timed_out, unreachable: what the caller sees of these.
    """

    environment: Environment
    cancel: Cancel
    program: Any
    timed_out: Reply
    unreachable: Reply

    def send(self, attempt: Attempt, target: Target) -> None:
        """Send an attempt on its way to `target`."""


class Way(Exit, Protocol):
    """What an attempt travels on: a link.

    Attributes:
        answered, dropped: attempts that ended so.
    """

    answered: int
    dropped: int

    @property
    def back(self) -> Direction:
        """The direction of answers."""

    def carry_back(self, attempt: Attempt, reply: Reply) -> None:
        """Send the callee's reply back where that takes time, or may fail."""

    def send_cancel(self, attempt: Attempt) -> None:
        """Tell the callee that nobody waits any longer."""


class Request:
    """One logical call, with all its attempts.

    Attributes:
        root: the root request that it belongs to.
        path: the callee's place in the tree of steps; the same for each attempt.
        task: the caller's task, which the reply resumes.
        deadline: when its work is void (seconds), handed down by `propagate: true`; infinity where there is none.
        attempt: number of the present attempt, from 0.
        target: the replica that a policy has picked for the next attempt; None: the wire lets the balancer pick.
    """

    __slots__ = ("attempt", "deadline", "path", "root", "target", "task")

    def __init__(self, root: Root, path: Path, task: Task, deadline: float = NO_DEADLINE) -> None:
        self.root = root
        self.path = path
        self.task = task
        self.deadline = deadline
        self.attempt = 0
        self.target: Target | None = None


class Attempt:
    """One try of a request on the wire, from the first byte sent to the answer received or given up.

    Attributes:
        waiting: whether the caller still waits for it.
        given_up: the give-up flag: its caller waits no longer, and an answer will reach nobody.
        withdrawn: whether the cancel message took it out of the callee's queue.
        program: what the callee runs for it.
        expires: when the caller's timeout is over, in seconds.
        reply: the answer, once there is one.
        replica: where it is sent.
        execution: what the callee does for it while it lasts; stopped by ``cancel: always``. since: when a leaf began.
    """

    __slots__ = (
        "deadline",
        "epoch",
        "execution",
        "expires",
        "given_up",
        "link",
        "path",
        "program",
        "replica",
        "reply",
        "root",
        "sent",
        "since",
        "task",
        "waiting",
        "withdrawn",
    )

    link: Way  # set anew by an exit that is no way itself, before anything is asked of it

    def __init__(self, request: Request, link: Any, target: Target, sent: float) -> None:
        task = request.task
        self.root = request.root
        self.path = request.path
        self.deadline = request.deadline
        self.task = task
        self.epoch = task.epoch
        self.link = link
        self.program = link.program
        self.replica = target
        self.sent = sent
        self.waiting = True
        self.given_up = False
        self.withdrawn = False
        self.expires = NO_DEADLINE
        self.reply: Reply | None = None
        self.execution: Any = None

    def expire(self) -> None:
        """The caller's timeout is over: it goes on at once, whatever the callee does."""
        self.give_up()
        self.link.environment.wake(self.task, self.epoch, self.link.timed_out)

    def give_up(self) -> None:
        """The caller waits no longer. The callee learns of it as the edge's `cancel` says."""
        self.waiting = False
        self.given_up = True
        if self.link.cancel >= Cancel.QUEUED:
            self.link.send_cancel(self)

    def answer(self, reply: Reply) -> None:
        """The callee's reply leaves for the caller; it may find nobody waiting, or be lost."""
        link = self.link
        if link.back.clear:
            self.reply = reply
            self.receive(reply)
        else:
            link.carry_back(self, reply)

    def break_off(self) -> None:
        """The callee has crashed under it: the caller sees the connection break at once."""
        self.execution = None  # a cancel message that is still under way finds nothing to withdraw
        self.reply = self.link.unreachable
        self.receive(self.reply)

    def drop(self) -> None:
        """The callee does not serve it and says nothing: its caller gave up long ago."""
        self.execution = None
        self.link.dropped += 1
        self.root.leave()

    def lose(self) -> None:
        """The network has lost it, or its answer: nothing comes of it any more."""
        self.root.leave()

    def receive(self, reply: Reply) -> None:
        """The reply has come to the caller, who goes on with it if it still waits."""
        self.link.answered += 1
        if self.waiting:
            self.waiting = False
            self.link.environment.wake(self.task, self.epoch, reply)
        self.root.leave()


def failure(outcome: Outcome, by: str, reason: str = "") -> Reply:
    """A reply of one link's own making."""
    return Reply(outcome, reason, by)
