"""Retry budgets: how many retries all calls together may make. Pure: they are told the time and know no clock.

A budget hears of each call (`call_begins`, `succeeded`, `refund`), of each attempt (`attempt_begins`, `attempt_ends`)
and of each failure that is worth a retry (`failed`), and is asked for each retry (`withdraw`). Sources: gRFC A6;
botocore ``retries/quota.py``; Envoy's ``RetryBudgetImpl``; Finagle's ``RetryBudget`` on a leaky ``TokenBucket``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from simulator.spec.policies import AwsBudgetSpec, EnvoyBudgetSpec, FinagleBudgetSpec, GrpcBudgetSpec

if TYPE_CHECKING:
    from simulator.spec.policies import AnyBudget

Failing = Literal["transient", "timeout", "throttling"]
"""What a retry is for, where the price depends on it."""

THOUSANDTHS = 1000
MILLION = 1_000_000
NANOSECONDS = 1_000_000_000


class Budget:
    """What every budget can be told; one that does not care does nothing.

    Attributes:
        granted, refused: how many retries it has allowed and not allowed.
    """

    __slots__ = ("granted", "refused")

    def __init__(self) -> None:
        self.granted = self.refused = 0

    def call_begins(self, now: float) -> None:
        """A call is about to make its first attempt."""

    def attempt_begins(self) -> None:
        """An attempt, the first or a later one, is under way."""

    def attempt_ends(self) -> None:
        """It has ended, or was given up."""

    def failed(self) -> None:
        """An attempt failed in a way that is worth a retry, whether or not one is left."""

    def succeeded(self, *, retried: bool) -> None:
        """A call ended ok, after a retry or without."""

    def refund(self, cost: int) -> None:
        """A call ended ok whose last retry had cost so much here."""

    def retry_ends(self) -> None:
        """An allowed retry has ended, or was given up while it waited or ran."""

    def reset(self, now: float) -> None:
        """Begin anew."""

    def withdraw(self, failing: Failing, now: float) -> int | None:
        """Ask for one retry: what it costs, or None if it is not allowed."""
        cost = self._take(failing, now)
        if cost is None:
            self.refused += 1
        else:
            self.granted += 1
        return cost

    def _take(self, failing: Failing, now: float) -> int | None:
        raise NotImplementedError


class GrpcBudget(Budget):
    """Tokens in thousandths: a failure takes one, a success gives a part of one; retries while more than half are left.

    Attributes:
        tokens: thousandths of tokens that are left; `full` is where they began, and the most there can be.
    """

    __slots__ = ("_ratio", "full", "tokens")

    def __init__(self, spec: GrpcBudgetSpec) -> None:
        super().__init__()
        self.full = self.tokens = int(spec.max_tokens * THOUSANDTHS + 1e-6)
        self._ratio = int(spec.token_ratio * THOUSANDTHS + 1e-6)

    def failed(self) -> None:
        """Takes one token, if there is one."""
        self.tokens = max(0, self.tokens - THOUSANDTHS)

    def succeeded(self, *, retried: bool) -> None:
        """Gives a part of a token."""
        self.tokens = min(self.full, self.tokens + self._ratio)

    def reset(self, now: float) -> None:
        """All tokens are there."""
        self.tokens = self.full

    @property
    def above_threshold(self) -> bool:
        """Whether retries are made at present."""
        return 2 * self.tokens > self.full

    def _take(self, failing: Failing, now: float) -> int | None:
        return 0 if self.above_threshold else None


class AwsBudget(Budget):
    """A quota: each retry costs, a success gives the last cost back.

    Attributes:
        left: units that are left.
    """

    __slots__ = ("_capacity", "_costs", "_gift", "left")

    def __init__(self, spec: AwsBudgetSpec) -> None:
        super().__init__()
        timeout = spec.cost if spec.timeout_cost is None else spec.timeout_cost
        self._costs = {"transient": spec.cost, "timeout": timeout, "throttling": spec.throttling_cost}
        self._gift = spec.success_refund
        self._capacity = self.left = spec.capacity

    def succeeded(self, *, retried: bool) -> None:
        """Gives a little for a call that needed no retry."""
        if not retried:
            self.refund(self._gift)

    def refund(self, cost: int) -> None:
        """Gives the cost of the last retry back."""
        self.left = min(self._capacity, self.left + cost)

    def reset(self, now: float) -> None:
        """The whole quota is there."""
        self.left = self._capacity

    def _take(self, failing: Failing, now: float) -> int | None:
        cost = self._costs[failing]
        if cost > self.left:
            return None
        self.left -= cost
        return cost


class EnvoyBudget(Budget):
    """A cap on retries under way, fixed or a share of the attempts under way.

    Attributes:
        retries: allowed retries that have not ended. attempts: attempts under way, retries among them.

    Both go back to 0 by themselves when a crash closes what is under way: there is nothing to reset.
    """

    __slots__ = ("_least", "_share", "attempts", "retries")

    def __init__(self, spec: EnvoyBudgetSpec) -> None:
        super().__init__()
        self.retries = self.attempts = 0
        least = spec.max_retries if spec.share is None else spec.minimum
        self._least = 3 if least is None else least
        # In millionths, so that 29 % of 100 are 29 and not 28.999…
        self._share = 0 if spec.share is None else round(spec.share * MILLION)

    def attempt_begins(self) -> None:
        """Count it."""
        self.attempts += 1

    def attempt_ends(self) -> None:
        """Count it no longer."""
        self.attempts -= 1

    def retry_ends(self) -> None:
        """Its slot is free."""
        self.retries -= 1

    @property
    def limit(self) -> int:
        """How many retries may be under way now."""
        return max(self._share * self.attempts // MILLION, self._least)

    def _take(self, failing: Failing, now: float) -> int | None:
        if self.retries >= self.limit:
            return None
        self.retries += 1
        return 1


class FinagleBudget(Budget):
    """Deposits and withdrawals of the last `ttl` seconds, in ten slices, and a reserve on top.

    As in the original, a slice begins with the first thing that happens once the one before has lasted a tenth of the
    time: so what is forgotten may be a slice younger or older.
    """

    __slots__ = ("_cost", "_deposit", "_older", "_present", "_reserve", "_since", "_slice")

    SLICES = 10

    def __init__(self, spec: FinagleBudgetSpec) -> None:
        super().__init__()
        self._deposit = THOUSANDTHS if spec.share else 0
        self._cost = int(THOUSANDTHS / spec.share + 1e-6) if spec.share else 1
        self._reserve = int(spec.reserve * spec.ttl * self._cost + 1e-6)
        self._slice = max(1, round(spec.ttl * NANOSECONDS) // self.SLICES)
        self._older: deque[int] = deque(maxlen=self.SLICES - 1)
        self.reset(0.0)

    def call_begins(self, now: float) -> None:
        """A deposit."""
        self._turn(now)
        self._present += self._deposit

    def reset(self, now: float) -> None:
        """Nothing was deposited, nothing withdrawn."""
        self._older.extend([0] * (self.SLICES - 1))
        self._present = 0
        self._since = round(now * NANOSECONDS)

    def balance(self, now: float) -> int:
        """How many retries may be made now."""
        return self._worth(now) // self._cost

    def _worth(self, now: float) -> int:
        self._turn(now)
        return sum(self._older) + self._present + self._reserve

    def _take(self, failing: Failing, now: float) -> int | None:
        if self._worth(now) < self._cost:
            return None
        self._present -= self._cost
        return self._cost

    def _turn(self, now: float) -> None:
        time = round(now * NANOSECONDS)
        passed = (time - self._since) // self._slice
        if passed > 0:
            self._older.append(self._present)
            self._older.extend([0] * min(passed - 1, self.SLICES - 1))
            self._present = 0
            self._since = time


_KINDS: dict[type, Callable[[Any], Budget]] = {
    GrpcBudgetSpec: GrpcBudget,
    AwsBudgetSpec: AwsBudget,
    EnvoyBudgetSpec: EnvoyBudget,
    FinagleBudgetSpec: FinagleBudget,
}


def budget_of(spec: AnyBudget) -> Budget:
    """The state machine of a budget."""
    return _KINDS[type(spec)](spec)


class Account:
    """What one call has to do with a budget: it knows what must be given back, whatever happens.

    The budget may change from attempt to attempt, where each called replica has its own: what was taken from one goes
    back to that one.
    """

    __slots__ = ("_budget", "_cost", "_lender", "_payer", "_under_way")

    def __init__(self) -> None:
        self._budget: Budget | None = None
        self._payer: Budget | None = None
        self._lender: Budget | None = None
        self._cost = 0
        self._under_way = False

    def begin(self, budget: Budget, now: float) -> None:
        """An attempt begins, in the first place or again."""
        if self._budget is None:
            budget.call_begins(now)
        self._budget = budget
        self._under_way = True
        budget.attempt_begins()

    def succeed(self) -> None:
        """The call has ended ok."""
        if self._payer is not None:
            self._payer.refund(self._cost)
        if self._budget is not None:
            self._budget.succeeded(retried=self._payer is not None)

    def fail(self) -> None:
        """The attempt failed in a way that is worth a retry."""
        self._give_back()
        if self._budget is not None:
            self._budget.failed()

    def affords(self, failing: Failing, now: float) -> bool:
        """Whether the retry is allowed; if so it is paid for, and the attempt before it is over."""
        budget = self._budget
        cost = None if budget is None else budget.withdraw(failing, now)
        if cost is None:
            return False
        self._cost = cost
        self._payer = self._lender = budget
        self._end()
        return True

    def close(self) -> None:
        """The call is over: give back what is still held."""
        self._give_back()
        self._end()

    def _give_back(self) -> None:
        if self._lender is not None:
            self._lender.retry_ends()
            self._lender = None

    def _end(self) -> None:
        if self._under_way and self._budget is not None:
            self._under_way = False
            self._budget.attempt_ends()
