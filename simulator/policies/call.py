"""What every policy is: a function from call to call.

A *call* takes a request and returns a generator that ends with a `Reply`. A policy wraps one call into another, and
policies are composed once, when the model is built, outermost first.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from simulator.network.attempt import Request
from simulator.outcomes import Reply

Calling = Generator[float | None, Any, Reply]
"""A call under way: a task's steps that end with a reply."""

Call = Callable[[Request], Calling]
Policy = Callable[[Call], Call]


def compose(policies: list[Policy], call: Call) -> Call:
    """Wrap `call` in `policies`, outermost first: ``compose([a, b], c)`` is ``a(b(c))``."""
    for policy in reversed(policies):
        call = policy(call)
    return call
