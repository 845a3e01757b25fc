"""Fallback: what a caller makes do with when a call has failed for good."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationInfo, model_validator

from simulator.spec.base import Spec, is_partial
from simulator.spec.policies.cache import MemoryScope
from simulator.spec.policies.words import FailureName, OperationName, wrong
from simulator.spec.units import PositiveDuration

ANY_FAILURE: tuple[FailureName, ...] = ("server_error", "timeout", "unreachable", "rejected")
"""What a fallback stands in for unless the file says otherwise: whatever is not the caller's own mistake."""


class LastGoodSpec(Spec):
    """The last ok answer of the same operation, if it is at most ``max_age`` seconds old (default: however old)."""

    max_age: PositiveDuration | None = None
    scope: MemoryScope = "caller"


class FallbackSpec(Spec):
    """After an outcome in ``on``, one of: ``value: true`` (a default value: ok at once), ``call`` (another operation,
    with the policies of its own edge), ``cache`` (the last good answer)."""

    on: Annotated[tuple[FailureName, ...], Field(min_length=1)] = ANY_FAILURE
    value: Literal[True] | None = None
    call: OperationName | None = None
    cache: LastGoodSpec | None = None

    @model_validator(mode="after")
    def _one_answer(self, info: ValidationInfo) -> Self:
        written = [key for key in ("value", "call", "cache") if getattr(self, key) is not None]
        if len(written) > 1:
            raise wrong(f"write one of value, call and cache, not {' and '.join(written)} ('none' takes one away)")
        if not written and not is_partial(info):
            raise wrong("says nothing to fall back to: write value: true, call: service.operation or cache: {}")
        return self


def fallback_calls(stack: Iterable[Any]) -> tuple[str, ...]:
    """The operations that the fallbacks of a stack call, in its order.

    Args:
        stack: items of a stack, each with its `spec`.
    """
    specs = (item.spec for item in stack)
    return tuple(spec.call for spec in specs if isinstance(spec, FallbackSpec) and spec.call is not None)
