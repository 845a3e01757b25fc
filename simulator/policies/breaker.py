"""A circuit breaker. Pure: it takes the time and knows no clock.

Closed: calls pass, and their results are counted (`breaker_windows`) until they open it.
Open: calls are refused for `open_for` seconds, longer if it opens again and again and the file says so.
Half-open: probes pass, within `half_open.permits`; their results close it or open it again (`breaker_probes`).

Each change of state begins a new *generation* (the word is gobreaker's), which has one permit, given to every call that
is admitted in it. A result with another permit than the present one is late: it is ignored, or handled as the present
state says, or as the state does that it was admitted in. The brief's two versions, the textbook's breaker and those of
the libraries differ only in their parameters; see `docs/policies/breaker.md`.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from math import inf, nextafter
from typing import TYPE_CHECKING, NamedTuple

from simulator.outcomes import OUTCOMES, Outcome
from simulator.policies.breaker_probes import Probes, Verdict
from simulator.policies.breaker_windows import Counting, Run, Thresholds, Window, nanoseconds

if TYPE_CHECKING:
    from simulator.spec.policies import BreakerSpec

_LONGEST_WAIT = 1e9
"""Seconds: no open time grows beyond this, some thirty years."""


class State(IntEnum):
    """States of a breaker."""

    CLOSED = 0
    OPEN = 1
    HALF_OPEN = 2


class Counts(IntEnum):
    """As what an outcome counts."""

    NOTHING = 0
    SUCCESS = 1
    FAILURE = 2


class Permit(NamedTuple):
    """Leave to make one call: to be given back by `record` or `release`, once."""

    generation: int
    state: State


def _no_alarm(at: float) -> None:
    """Nobody wakes the breaker: it catches up when it is asked."""


class Breaker:
    """One breaker.

    Attributes:
        state: as of the last call; an open breaker whose time is over is still open until somebody asks, unless
            `open_ends` is ``timer``.
        opens: how often it has opened.
    """

    __slots__ = (
        "_alarm",
        "_at_border",
        "_closed",
        "_counts",
        "_due",
        "_ends",
        "_permit",
        "_plain",
        "_probes",
        "_rings",
        "_since",
        "_spec",
        "_timer",
        "_tumbles",
        "_wait",
        "_watchers",
        "_window",
        "opens",
        "state",
    )

    def __init__(self, spec: BreakerSpec) -> None:
        self._spec = spec
        self._watchers: list[Callable[[float, State], None]] = []
        self._alarm: Callable[[float], None] = _no_alarm
        self._counts = _counts(spec)
        self._prepare(spec)
        self.state = State.CLOSED
        self.opens = 0
        self._permit = Permit(0, State.CLOSED)
        self._since = 0
        self._ends = 0
        self._rings = 0
        self._due: int | None = None
        self._wait = spec.open_for

    def _prepare(self, spec: BreakerSpec) -> None:
        """Choose, once, what the spec leaves of a breaker's work."""
        thresholds = Thresholds(spec)
        self._window = Window(spec, thresholds) if spec.kind == "window" else None
        self._closed: Counting = self._window or Run(spec.max_failures or 1)
        self._probes = Probes(spec, thresholds)
        tumbling = spec.window is not None and spec.window.type == "tumbling"
        self._tumbles = spec.window.nanoseconds[0] if spec.window is not None and tumbling else 0
        self._plain = not (self._tumbles or spec.in_flight or spec.evaluated == "tick")
        self._timer = spec.open_ends == "timer"
        self._at_border = spec.open_ends != "after"

    def watch(self, changed: Callable[[float, State], None]) -> None:
        """Call ``changed(now, state)`` after each change of state, besides whoever watches already."""
        self._watchers.append(changed)

    def wake_by(self, alarm: Callable[[float], None]) -> None:
        """Call ``alarm(at)`` for a `tick` that is needed at a time for the breaker to change by itself; a tick too many
        does no harm."""
        self._alarm = alarm

    def admit(self, now: float) -> Permit | None:
        """Ask for leave to call; None is a refusal."""
        if self._plain and self.state is State.CLOSED:
            return self._permit
        self.tick(now)
        if self.state is State.OPEN:
            if not self._is_over(nanoseconds(now)):
                return None
            self._move(State.HALF_OPEN, now)
        if self.state is State.HALF_OPEN:
            return self._permit if self._probes.take() else None
        if self._window is not None and self._spec.in_flight:
            self._window.under_way += 1
        return self._permit

    def record(self, permit: Permit, outcome: Outcome, now: float, seconds: float = 0.0) -> None:
        """Take in the result of an admitted call, which took so many seconds. An outcome that counts as nothing (a
        rejection from further down, say) only gives the permit back."""
        counts = self._counts[outcome]
        if self._plain and self.state is State.CLOSED and permit is self._permit:
            if counts is Counts.SUCCESS:
                opens = self._closed.succeeded(now, seconds)
            else:
                opens = counts is Counts.FAILURE and self._closed.failed(now, seconds)
            if opens:
                self._open(now)
            return
        self.tick(now)
        if permit is not self._permit:
            late = self._spec.late_results
            if late != "ignored" and counts is not Counts.NOTHING:
                self._handle(self.state if late == "current_state" else permit.state, counts, now, seconds)
            return
        self.release(permit, counts is Counts.NOTHING)
        if counts is not Counts.NOTHING:
            self._handle(self.state, counts, now, seconds)

    def release(self, permit: Permit, unused: bool = True) -> None:
        """Give back the permit of a call that ended without a result (or, where not `unused`, with one)."""
        if permit is not self._permit:
            return
        if self.state is State.HALF_OPEN:
            self._probes.give_back(unused)
        elif self._window is not None and self._spec.in_flight:
            self._window.under_way -= 1

    def tick(self, now: float) -> None:
        """Let happen what time alone brings about: the end of an open time with a timer, of the longest wait in
        half-open, of a window; evaluations that follow a clock."""
        moment = nanoseconds(now)
        while self._due is not None and self._due <= moment:
            self._on_time(_seconds(self._due, now, moment))
        if self.state is State.CLOSED and not self._plain:
            self._look(now, moment)

    @property
    def opens_again_at(self) -> float:
        """When the open state ends, in seconds (meaningful while open): the first float that is not before it."""
        return _first_float(self._ends)

    @property
    def probes_out(self) -> int:
        """Permits of the present half-open state that have not come back."""
        return self._probes.out if self.state is State.HALF_OPEN else 0

    def reset(self, now: float) -> None:
        """Forget everything: the process that held it has crashed."""
        if self.state is State.CLOSED:
            self._renew(now)
        else:
            self._move(State.CLOSED, now)

    # -- results --------------------------------------------------------------------------------------------

    def _handle(self, state: State, counts: Counts, now: float, seconds: float) -> None:
        """Take in a result by the rules of a state, which is not the present one where `late_results` says so."""
        if state is State.CLOSED:
            take = self._closed.failed if counts is Counts.FAILURE else self._closed.succeeded
            if take(now, seconds):
                self._open(now)
            elif self._window is not None and self._window.waits_for_tick:
                self._alarm_for_tick()
        elif state is State.HALF_OPEN:
            self._probed(counts, now, seconds)
        else:
            self._while_open(counts, now)

    def _probed(self, counts: Counts, now: float, seconds: float) -> None:
        if self._window is None:  # who was admitted before goes on counting in the same run
            take = self._closed.failed if counts is Counts.FAILURE else self._closed.succeeded
            take(now, seconds)
        verdict = self._probes.judge(counts is Counts.FAILURE, seconds)
        if verdict is Verdict.OPEN:
            self._open(now)
        elif verdict is Verdict.CLOSE and self.state is not State.CLOSED:
            self._move(State.CLOSED, now)

    def _while_open(self, counts: Counts, now: float) -> None:
        rules = self._spec.while_open
        if counts is Counts.FAILURE and rules.failure == "restarts":
            self._open(now)
        elif counts is Counts.SUCCESS and rules.success == "closes":
            self._move(State.CLOSED, now)

    # -- time -----------------------------------------------------------------------------------------------

    def _is_over(self, moment: int) -> bool:
        return moment >= self._ends if self._at_border else moment > self._ends

    def _on_time(self, now: float) -> None:
        """What was due has come: the end of an open time, or of the wait for probes."""
        self._due = None
        if self.state is State.OPEN:
            self._move(State.HALF_OPEN, now)
        elif self.state is State.HALF_OPEN:
            self._open(now)

    def _look(self, now: float, moment: int) -> None:
        """What a closed breaker finds when it looks at the clock."""
        if self._tumbles and moment > self._since + self._tumbles:
            self._renew(now)
        elif self._window is not None:
            border = self._window.tick(moment)
            if border is not None:
                self._open(_seconds(border, now, moment))
                self.tick(now)
            elif self._window.waits_for_tick:
                self._alarm_for_tick()

    def _alarm_for_tick(self) -> None:
        """One alarm for each border."""
        if self._window is not None and self._rings != self._window.next_tick:
            self._rings = self._window.next_tick
            self._alarm(_first_float(self._rings))

    def _be_due(self, moment: int) -> None:
        self._due = moment
        self._alarm(_first_float(moment))

    # -- changes --------------------------------------------------------------------------------------------

    def _open(self, now: float) -> None:
        """Open, or, where it is open already, begin the open time anew."""
        again = self.state is State.OPEN
        if not again:
            self.opens += 1
            self._move(State.OPEN, now)
        self._ends = nanoseconds(now) + nanoseconds(self._wait)
        if self._timer:
            self._be_due(self._ends)
        if not again:
            self._changed(now, State.OPEN)

    def _changed(self, now: float, state: State) -> None:
        for changed in self._watchers:
            changed(now, state)

    def _move(self, state: State, now: float) -> None:
        left = self.state
        self.state = state
        self._due = None
        self._renew(now)
        if state is State.CLOSED:
            self._wait = self._spec.open_for
        elif state is State.OPEN and left is State.HALF_OPEN:
            self._wait = self._grown()
        elif state is State.HALF_OPEN:
            self._probes.begin()
            longest = self._spec.half_open.max_wait
            if longest is not None:
                self._be_due(nanoseconds(now) + nanoseconds(longest))
        if state is not State.OPEN:  # when it opens, watchers want to know how long
            self._changed(now, state)

    def _renew(self, now: float) -> None:
        """Begin a new generation: results of earlier calls are late from now on."""
        self._permit = Permit(self._permit.generation + 1, self.state)
        if self.state is State.CLOSED:
            self._since = nanoseconds(now)
            self._closed.begin(self._since)

    def _grown(self) -> float:
        growth = self._spec.growth
        if growth is None:
            return self._wait
        return min(self._wait * growth.multiplier, growth.max or _LONGEST_WAIT)


def _counts(spec: BreakerSpec) -> tuple[Counts, ...]:
    """As what each outcome counts, by its number."""
    counts = [Counts.SUCCESS] * len(Outcome)
    for names, what in ((spec.ignored, Counts.NOTHING), (spec.failures, Counts.FAILURE)):
        for name in names:
            counts[OUTCOMES[name]] = what
    return tuple(counts)


def _seconds(moment: int, now: float, present: int) -> float:
    """A past moment in seconds; the present one is `now` itself."""
    return now if moment == present else moment / 1e9


def _first_float(moment: int) -> float:
    """The first time in seconds that is not before the moment: who ticks then is in time."""
    seconds = moment / 1e9
    while nanoseconds(seconds) < moment:
        seconds = nextafter(seconds, inf)
    return seconds
