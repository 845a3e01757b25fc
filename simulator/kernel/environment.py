"""The clock: a SimPy environment that also runs lean tasks.

A SimPy process costs a start event, an end event and a `Timeout` object per wait. A *task* is a bare generator:
it yields a number to sleep that many seconds, or None to park until somebody wakes it with a value. Sleeping
tasks and plain actions lie on SimPy's own queue, so that any SimPy process can live in the same environment
and ties at equal times are still broken by the order of scheduling. Tasks that are to go on at once lie in a
deque that is emptied before the clock moves: nothing is ever resumed from inside another task's frame.

Each resume raises the task's `epoch`, and every wake-up carries the epoch it was meant for. So a wake-up that
comes too late (a sleep cut short by a deadline, a reply after a give-up) is dropped without any bookkeeping.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Any

import simpy
from simpy.events import NORMAL, URGENT, Event

if TYPE_CHECKING:
    from simulator.kernel.root import Root

Steps = Generator[float | None, Any, Any]
"""What a task runs: yields seconds to sleep or None to park; is sent what it is woken with."""


END = 2
"""Length of the entry that ends a run: time, infinity."""
ACTION = 4
"""Length of an action's entry on the queue: time, place, action, argument. SimPy's own events are actions too."""
SLEEPER = 5
"""Length of a sleeping task's: time, place, task, epoch, None."""

FOR_EVER = float("inf")
AHEAD = 1 << 62
"""At equal times the place decides: the number of the scheduling, less this for what goes ahead of all else."""


class Task:
    """A generator on the clock. Belongs to at most one root request, which stays unsettled while it lives.

    Attributes:
        generator: the steps, or None once the task has ended or was closed.
        epoch: number of times it was resumed; wake-ups meant for another epoch are dropped.
        root: the root request it works for, or None for the model's own tasks (faults, health checks).
    """

    __slots__ = ("epoch", "generator", "root")

    def __init__(self, generator: Steps | None, root: Root | None) -> None:
        self.generator = generator
        self.epoch = 0
        self.root = root

    def ended(self) -> None:
        """Called once, when the task has ended or was closed."""
        if self.root is not None:
            self.root.leave()


class Interrupt:
    """Tells a task that a time limit around its present wait is over. Void once `cancelled`."""

    __slots__ = ("cancelled", "task")

    def __init__(self, task: Task) -> None:
        self.task = task
        self.cancelled = False


class Environment(simpy.Environment):
    """A SimPy environment whose queue also holds tasks, actions and wake-ups. Times are in seconds.

    Attributes:
        events: how many entries of the queue were processed so far, as of the end of the last run.
        entries: SimPy's queue, a heap. place: gives each entry its number. The hottest parts of the model push their
            actions themselves, as `at` does, and save its call.
    """

    def __init__(self) -> None:
        super().__init__(0)
        self.now_ready: deque[tuple[Any, int, Any]] = deque()
        self.events = 0
        self._runs = 0
        self.entries: list[Any] = self._queue
        self.place: Callable[[], int] = self._eid.__next__

    # -- scheduling ---------------------------------------------------------------------------------------

    def start(self, generator: Steps, root: Root | None = None) -> Task:
        """Start a task; it runs as soon as the present one gives way, at this same time."""
        task = Task(generator, root)
        self.launch(task)
        return task

    def launch(self, task: Task) -> None:
        """Start a task that was made elsewhere."""
        if task.root is not None:
            task.root.pending += 1
        self.now_ready.append((task, 0, None))

    def wake(self, task: Task, epoch: int, value: Any) -> None:
        """Let a parked task go on with `value`, unless it has been resumed since `epoch`."""
        self.now_ready.append((task, epoch, value))

    def interrupt(self, interrupt: Interrupt) -> None:
        """Hand an interrupt to its task, whatever it waits for, unless it is cancelled before its turn."""
        self.now_ready.append((interrupt, 0, None))

    def at(self, time: float, action: Callable[[Any], None], argument: Any) -> None:
        """Call ``action(argument)`` at `time`, which must not lie in the past."""
        heappush(self.entries, (time, self.place(), action, argument))

    def before(self, time: float, action: Callable[[Any], None], argument: Any) -> None:
        """Like `at`, but ahead of everything else at that time: for faults and measuring."""
        heappush(self.entries, (time, self.place() - AHEAD, action, argument))

    def schedule(self, event: Event, priority: Any = NORMAL, delay: float = 0) -> None:
        """What SimPy's events call to be processed after `delay` seconds."""
        (self.before if priority == URGENT else self.at)(self._now + delay, _simpy_event, event)

    def close(self, task: Task) -> None:
        """End a task where it stands: its frames see `GeneratorExit` and give back what they hold."""
        generator = task.generator
        if generator is None:
            return
        task.generator = None
        task.epoch += 1
        generator.close()
        task.ended()

    # -- running ------------------------------------------------------------------------------------------

    def run_until(self, end: float, stopped: Callable[[], bool] | None = None) -> None:
        """Advance to `end` seconds, or until nothing is scheduled, or until `stopped()` after an event.

        Raises:
            Exception: whatever a failed SimPy event or a task raises; in the model an exception is a bug.
        """
        queue = self.entries
        ready = self.now_ready
        pop_ready = ready.popleft
        place = self.place
        mark = (end, FOR_EVER)
        heappush(queue, mark)
        while True:
            if ready:
                task, epoch, value = pop_ready()
                if type(task) is Interrupt:
                    if task.cancelled:
                        continue
                    value, task = task, task.task
                    epoch = task.epoch
            else:
                if stopped is not None and stopped():
                    queue.remove(mark)
                    heapify(queue)
                    break
                entry = heappop(queue)
                kind = len(entry)
                if kind == ACTION:
                    self._now, _, action, argument = entry
                    action(argument)
                    continue
                if kind == END:
                    if queue or stopped is None:
                        self._now = max(self._now, end)
                    break
                self._now, _, task, epoch, value = entry
            if task.epoch != epoch:
                continue
            task.epoch = epoch + 1
            try:
                delay = task.generator.send(value)
            except StopIteration:
                task.generator = None
                task.epoch += 1
                task.ended()
                continue
            if delay is not None:
                if delay > 0:
                    heappush(queue, (self._now + delay, place(), task, task.epoch, None))
                else:
                    ready.append((task, task.epoch, None))
        self.events = self.place() - self._runs - len(queue)
        self._runs += 1


def _simpy_event(event: Any) -> None:
    """What SimPy's own `step` does with an event once it is off the queue."""
    callbacks, event.callbacks = event.callbacks, None
    for callback in callbacks:
        callback(event)
    if not event._ok and not hasattr(event, "_defused"):
        raise event._value
