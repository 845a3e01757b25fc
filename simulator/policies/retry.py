"""Retry: asks again after a failure that it was told to retry, after a wait, if its budget allows."""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from typing import TYPE_CHECKING, Any

from simulator.causes import RETRY_AFTER
from simulator.outcomes import OK, Outcome, Reply
from simulator.policies.budget import Account
from simulator.policies.repeating import Course, Rules

if TYPE_CHECKING:
    from simulator.kernel.environment import Environment
    from simulator.kernel.random import Source
    from simulator.network.attempt import Request
    from simulator.policies.budget import Budget
    from simulator.policies.call import Call, Calling, Policy
    from simulator.policies.choosing import Choose
    from simulator.spec.policies import RetrySpec


def retry(spec: RetrySpec, luck: Source, environment: Environment, name: str) -> Policy:
    """The policy `spec` without its budget on the edge `name`; jitter is drawn from `luck` by request.

    A wait that would outlast the deadline handed down to the caller ends with that deadline, as a timeout.
    """
    out_of_time = Reply(Outcome.TIMEOUT, "", name)
    rules = Rules(spec)

    def policy(inner: Call) -> Call:
        def call(request: Request) -> Calling:
            began = environment._now
            course: Course | None = None
            while True:
                reply = yield from inner(request)
                if reply is OK or not rules.repeats(reply):
                    return reply
                if course is None:
                    course = Course(rules, began, partial(luck.draw, request.root))
                wait = course.wait(reply, environment._now)
                if wait is None:
                    return reply
                if not (yield from _rested(environment, request, wait, reply)):
                    return out_of_time

        return call

    return policy


def budgeted(spec: RetrySpec, luck: Source, environment: Environment, name: str, choose: Choose[Budget]) -> Policy:
    """As `retry`, and each retry must be allowed by the budget that `choose` gives for the attempt before it."""
    out_of_time = Reply(Outcome.TIMEOUT, "", name)
    rules = Rules(spec)

    def policy(inner: Call) -> Call:
        def call(request: Request) -> Calling:
            began = environment._now
            course: Course | None = None
            account = Account()
            try:
                while True:
                    account.begin(choose(request), environment._now)
                    reply = yield from inner(request)
                    if reply.outcome is Outcome.OK:
                        account.succeed()
                        return reply
                    if not rules.repeats(reply):
                        return reply
                    if course is None:
                        course = Course(rules, began, partial(luck.draw, request.root))
                    account.fail()
                    wait = course.wait(reply, environment._now)
                    if wait is None or not account.affords(rules.failing(reply), environment._now):
                        return reply
                    if not (yield from _rested(environment, request, wait, reply)):
                        return out_of_time
            finally:
                account.close()

        return call

    return policy


def _rested(environment: Environment, request: Request, wait: float, reply: Reply) -> Generator[float, Any, bool]:
    """Wait after `reply`; whether time is left for another attempt, which is then counted."""
    left = request.deadline - environment._now
    if wait >= left:
        if left > 0:
            yield left
        return False
    if wait > 0:
        yield wait
    request.attempt += 1
    request.root.mishaps.retries += 1
    request.root.begin_again(request.path, RETRY_AFTER[reply.outcome], environment._now)
    return True
