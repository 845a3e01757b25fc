"""How a consumer handles the messages of a subscription: in batches, each only once, again by itself.

Sources: Spring Kafka and Spring AMQP documentation (batch listeners, stateless retry); AWS Lambda developer guide,
"Using Lambda with Amazon SQS" (batch size and batching window); C. Richardson, Microservices Patterns, section 3.3.6
(messages that were handled are kept in a table, in the handler's transaction).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

from simulator.spec.base import Count, Flag, Spec
from simulator.spec.policies import RetrySpec
from simulator.spec.units import Duration, PositiveDuration


class BatchSpec(Spec):
    """A consumer handles up to ``size`` messages in one execution. It waits at most ``linger`` seconds after the first
    of them for more; while every consumer is busy, batches go on filling."""

    size: Count
    linger: Duration = 0.0


class InboxWindowSpec(Spec):
    """How long a consumer remembers which messages it has handled (seconds)."""

    window: PositiveDuration


def _window(value: Any) -> Any:
    if isinstance(value, Mapping):
        return InboxWindowSpec.model_validate(value, context={"file": True}).window
    if isinstance(value, (bool, float)):
        return value
    raise PydanticCustomError("deduplicate", "must be true, false or {window: 24h}")


Deduplicate = Annotated[Flag | float, BeforeValidator(_window, json_schema_input_type=bool | InboxWindowSpec)]
"""Whether a consumer recognises messages that it has handled: false, true (for ever), or for how many seconds."""


def _complete(retry: RetrySpec) -> RetrySpec:
    """What a retry lacks may come from another entry where it is a policy, but not here."""
    if retry.max_retries is None and retry.attempts is None:
        raise PydanticCustomError("missing_key", "'{name}' is missing", {"name": "max_retries"})
    if retry.max_retries == "unlimited" and (retry.backoff is None or not retry.backoff.base):
        text = "unlimited retries need a backoff with a base above 0: else a handler never gets on"
        raise PydanticCustomError("retry", "{text}", {"text": text})
    return retry


HandlerRetry = Annotated[RetrySpec, AfterValidator(_complete)]
"""A consumer's own retries: see `RetrySpec`."""
