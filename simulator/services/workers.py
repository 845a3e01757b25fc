"""What is counted at a service's workers and queues, over all its replicas.

A time average is kept as the sum of (end - begin) of everything that was there, by subtracting the time at each
beginning and adding it at each end: up to time t the integral is ``sum + t * number there now``.
"""

from __future__ import annotations


class WorkTally:
    """Cumulative figures of one service.

    Attributes:
        busy: sum behind the integral of occupied workers (worker-seconds, see above); `busy_now` are occupied.
        queue: the same for waiting requests; `queued_now` wait, `queued_max` waited at most since `take_max`.
        wasted: worker-seconds that belonged to executions whose caller had given up before they ended.
        executed: executions that have ended. refused: requests that met a full queue.
        passed_over: failed steps that were not critical.
    """

    __slots__ = (
        "busy",
        "busy_now",
        "executed",
        "passed_over",
        "queue",
        "queued_max",
        "queued_now",
        "refused",
        "wasted",
    )

    def __init__(self) -> None:
        self.busy = 0.0
        self.busy_now = 0
        self.queue = 0.0
        self.queued_now = 0
        self.queued_max = 0
        self.wasted = 0.0
        self.executed = 0
        self.refused = 0
        self.passed_over = 0

    def busy_seconds(self, now: float) -> float:
        """Worker-seconds occupied up to now."""
        return self.busy + now * self.busy_now

    def queue_seconds(self, now: float) -> float:
        """Request-seconds waited up to now."""
        return self.queue + now * self.queued_now

    def take_max(self) -> int:
        """The longest queue since the last call."""
        longest, self.queued_max = self.queued_max, self.queued_now
        return longest


class ServerTally:
    """What is counted at the processors of one service: servers (cores, or workers under `ps` and preemption).

    Attributes:
        running: sum behind the integral of occupied servers (see above); `running_now` are occupied.
        standing: the same for jobs that are there and stand still; `standing_max` stood at most since `take_max`.
    """

    __slots__ = ("running", "running_now", "standing", "standing_max", "standing_now")

    def __init__(self) -> None:
        self.running = self.standing = 0.0
        self.running_now = self.standing_now = self.standing_max = 0

    def change(self, running: int, standing: int, now: float) -> None:
        """So many more servers are occupied, and so many more jobs stand still, from now on."""
        self.running -= running * now
        self.running_now += running
        if standing:
            self.standing -= standing * now
            self.standing_now += standing
            self.standing_max = max(self.standing_max, self.standing_now)

    def running_seconds(self, now: float) -> float:
        """Server-seconds occupied up to now."""
        return self.running + now * self.running_now

    def standing_seconds(self, now: float) -> float:
        """Job-seconds stood still up to now."""
        return self.standing + now * self.standing_now

    def take_max(self) -> int:
        """The most jobs that stood still at one time since the last call."""
        longest, self.standing_max = self.standing_max, self.standing_now
        return longest
