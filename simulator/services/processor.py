"""Processors: who among the jobs at hand is worked on, and when the next one ends. Pure: told the time, with no clock.

Two disciplines of `servers` equal servers (cores, or workers) with room for any number of jobs, both exact:

- `Sharing`: egalitarian processor sharing. With n jobs on c servers each is worked on at rate min(1, c/n) (Kleinrock,
  Queueing Systems vol. 2, section 4.4; with c servers J. W. Cohen, Acta Informatica 12, 1979). No time slices: every
  job has the level at which it ends, and one level rises at that rate for all of them.
- `ByPriority`: the first of the highest priority are worked on, one server each; the others stand still and go on
  where they stopped (preemptive resume; Harchol-Balter, Performance Modeling and Design of Computer Systems, ch. 32).

Whoever holds a processor calls `advance` before any change and at every `due` time. Each step costs O(log n).
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from simulator.kernel.ticket import Ticket

NEVER = float("inf")


class Job:
    """Something to be worked on.

    Args:
        seconds: how long one server needs for it alone.
        priority: larger is first; only `ByPriority` looks at it.
        ticket: what its owner waits with.

    Attributes:
        present: whether it is at the processor: added, not ended, not removed.
        left: seconds of work that were left when it last stood still. ends: when it ends, while it is worked on.
        spell: how often it was begun or stopped: entries of other spells in a heap mean nothing.
    """

    __slots__ = ("ends", "left", "number", "present", "priority", "running", "seconds", "spell", "ticket")

    def __init__(self, seconds: float, priority: int = 0, ticket: Ticket | None = None) -> None:
        self.seconds = seconds
        self.priority = priority
        self.ticket = ticket
        self.present = self.running = False
        self.left = seconds
        self.ends = NEVER
        self.number = self.spell = 0


class Processor(Protocol):
    """What works on jobs.

    Attributes:
        running: servers at work. standing: jobs that are there and not worked on.
    """

    servers: int

    @property
    def running(self) -> int:
        """Servers at work (or stopped at work by a freeze)."""

    @property
    def standing(self) -> int:
        """Jobs that are there and not worked on."""

    def add(self, job: Job, now: float) -> None:
        """Take a job in."""

    def remove(self, job: Job, now: float) -> None:
        """Take a job out before its end."""

    def due(self) -> float:
        """When the next job ends if nothing changes; infinity: none will."""

    def advance(self, now: float) -> list[Job]:
        """Work up to `now`; the jobs that ended, in order."""

    def freeze(self, now: float) -> None:
        """Stop all work. (After `advance`.)"""

    def thaw(self, now: float) -> None:
        """Go on."""


class Sharing:
    """All jobs alike, at one rate.

    The level rises at ``min(1, servers / jobs)`` a second, and a job that came at level v ends at v + seconds. It
    starts from 0 again whenever nobody is there, so that it does not lose digits.
    """

    __slots__ = ("_ends", "_frozen", "_jobs", "_level", "_number", "_since", "servers")

    standing = 0

    def __init__(self, servers: int) -> None:
        self.servers = servers
        self._ends: list[tuple[float, int, Job]] = []
        self._jobs = 0
        self._level = 0.0
        self._since = 0.0
        self._number = 0
        self._frozen = False

    @property
    def running(self) -> int:
        """Servers at work."""
        return min(self._jobs, self.servers)

    def add(self, job: Job, now: float) -> None:
        """Take a job in."""
        self._number += 1
        self._jobs += 1
        job.present = job.running = True
        heappush(self._ends, (self._level + job.seconds, self._number, job))

    def remove(self, job: Job, now: float) -> None:
        """Take a job out; its entry in the heap is passed over when it comes up."""
        job.present = job.running = False
        self._jobs -= 1
        self._begin_anew_if_empty()

    def due(self) -> float:
        """When the next job ends if nothing changes."""
        ends = self._ends
        while ends and not ends[0][2].present:
            heappop(ends)
        if self._frozen or not ends:
            return NEVER
        left = ends[0][0] - self._level
        return self._since + (left if self._jobs <= self.servers else left * self._jobs / self.servers)

    def advance(self, now: float) -> list[Job]:
        """Work up to `now`, from one end of a job to the next: each one changes the rate."""
        ended = []
        while (due := self.due()) <= now:
            self._level, _, job = heappop(self._ends)
            self._since = due
            self._jobs -= 1
            job.present = job.running = False
            ended.append(job)
            self._begin_anew_if_empty()
        if self._jobs and not self._frozen:
            rate = 1.0 if self._jobs <= self.servers else self.servers / self._jobs
            self._level = min(self._level + (now - self._since) * rate, self._ends[0][0])
        self._since = now
        return ended

    def freeze(self, now: float) -> None:
        """Stop all work."""
        self._frozen = True

    def thaw(self, now: float) -> None:
        """Go on."""
        self._frozen = False
        self._since = now

    def _begin_anew_if_empty(self) -> None:
        if not self._jobs:
            self._level = 0.0
            self._ends.clear()


class ByPriority:
    """The `servers` first jobs of the highest priority are worked on; of equal ones, who came first."""

    __slots__ = ("_ends", "_frozen_at", "_last", "_lost", "_number", "_others", "running", "servers", "standing")

    def __init__(self, servers: int) -> None:
        self.servers = servers
        self.running = self.standing = 0
        self._ends: list[tuple[float, int, int, Job]] = []
        self._last: list[tuple[int, int, int, Job]] = []
        """Those worked on, the one to be stopped first on top."""
        self._others: list[tuple[int, int, int, Job]] = []
        """Those that stand still, the one to go on first on top."""
        self._number = 0
        self._lost = 0.0
        self._frozen_at: float | None = None

    def add(self, job: Job, now: float) -> None:
        """Take a job in; it may stop another."""
        self._number += 1
        job.number = self._number
        job.present = True
        if self.running < self.servers:
            self._begin(job, now)
            return
        last = self._top(self._last)
        if last is not None and job.priority > last.priority:
            self._stop(last, now)
            self._stand(last)
            self._begin(job, now)
        else:
            self._stand(job)

    def remove(self, job: Job, now: float) -> None:
        """Take a job out; if it was worked on, another goes on."""
        job.present = False
        if job.running:
            self._stop(job, now)
            self._fill(now)
        else:
            job.spell += 1
            self.standing -= 1

    def due(self) -> float:
        """When the next job ends if nothing changes."""
        if self._frozen_at is not None:
            return NEVER
        ends = self._ends
        while ends and ends[0][2] != ends[0][3].spell:
            heappop(ends)
        return ends[0][0] + self._lost if ends else NEVER

    def advance(self, now: float) -> list[Job]:
        """End what is due up to `now`; each end lets another go on at that time."""
        ended = []
        while (due := self.due()) <= now:
            job = heappop(self._ends)[3]
            job.present = False
            self._stop(job, due)
            ended.append(job)
            self._fill(due)
        return ended

    def freeze(self, now: float) -> None:
        """Stop all work."""
        self._frozen_at = now

    def thaw(self, now: float) -> None:
        """Go on: every end lies later by as long as the freeze took."""
        if self._frozen_at is not None:
            self._lost += now - self._frozen_at
            self._frozen_at = None

    def _clock(self, now: float) -> float:
        """Seconds in which work was possible."""
        return (now if self._frozen_at is None else self._frozen_at) - self._lost

    def _begin(self, job: Job, now: float) -> None:
        self.running += 1
        job.spell += 1
        job.running = True
        job.ends = self._clock(now) + job.left
        heappush(self._ends, (job.ends, job.number, job.spell, job))
        heappush(self._last, (job.priority, -job.number, job.spell, job))

    def _stop(self, job: Job, now: float) -> None:
        self.running -= 1
        job.spell += 1
        job.running = False
        job.left = max(0.0, job.ends - self._clock(now))

    def _stand(self, job: Job) -> None:
        self.standing += 1
        heappush(self._others, (-job.priority, job.number, job.spell, job))

    def _fill(self, now: float) -> None:
        job = self._top(self._others)
        if job is not None:
            heappop(self._others)
            self.standing -= 1
            self._begin(job, now)

    def _top(self, heap: list[tuple[int, int, int, Job]]) -> Job | None:
        if len(heap) > 64 and len(heap) > 2 * (self.running + self.standing):
            heap[:] = [entry for entry in heap if entry[2] == entry[3].spell]
            heapify(heap)
        while heap and heap[0][2] != heap[0][3].spell:
            heappop(heap)
        return heap[0][3] if heap else None
