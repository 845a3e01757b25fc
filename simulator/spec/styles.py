"""Styles: how an operation's steps are carried out, and what sagas do when one fails."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from simulator.spec.base import Count, Flag, Natural, Spec
from simulator.spec.policies import BackoffSpec
from simulator.spec.units import Duration, PositiveDuration

StyleKind = Literal["sync", "queue", "saga", "choreography", "hybrid"]

ORCHESTRATED: tuple[StyleKind, ...] = ("saga", "hybrid")
SAGAS: tuple[StyleKind, ...] = ("saga", "hybrid", "choreography")

NO_END = float("inf")


class RepetitionSpec(Spec):
    """How often what a saga cannot leave as it is (an undo, a step past the pivot) is tried again, and what wait comes
    before each time.

    ``max_retries`` after the first time, or ``attempts`` in all; by default there is no limit. ``backoff``: by default
    1 s, then twice as long each time, at most 100 s: Temporal's retry policy for activities.
    """

    max_retries: Natural | Literal["unlimited"] = "unlimited"
    attempts: Count | None = None
    backoff: BackoffSpec = Field(
        default_factory=lambda: BackoffSpec(kind="exponential", base=1.0, multiplier=2.0, max=100.0)
    )

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if self.attempts is not None and "max_retries" in self.model_fields_set:
            text = "write max_retries or attempts, not both"
            raise PydanticCustomError("repetition", "{text}", {"text": text})
        if self.retries == NO_END and not self.backoff.base:
            text = "unlimited retries need a backoff with a base above 0: else a saga never gets on"
            raise PydanticCustomError("repetition", "{text}", {"text": text})
        return self

    @property
    def retries(self) -> float:
        """Times after the first; infinity: no limit."""
        if self.attempts is not None:
            return self.attempts - 1
        return NO_END if self.max_retries == "unlimited" else self.max_retries


class StyleSpec(Spec):
    """How an operation's steps are carried out. All keys but ``kind`` belong to sagas (times in seconds).

    ``undo_failed_step``: whether the step that failed is undone too: ``unknown`` where nobody can tell what it left
    (after a timeout, unreachable, a call given up; in a choreography, a dead letter), or ``always``.
    ``on_undo_failure``: an undo that fails is stuck and the others go on (``continue``) or are left (``stop``); with
    ``retry`` it is tried again first, as ``undo_retry`` says. ``undo_order``: one after the other in ``reverse``, or
    all at once (``parallel``: begun in reverse order and awaited together).
    ``forward_retry``: how a step past the pivot is tried again. ``timeout``: a saga that has not ended by then turns
    round, unless it has passed its pivot. ``durable``: a crash of the orchestrator is taken up again elsewhere,
    ``resume_after`` later.

    A choreography has no orchestrator: its broker's deliveries stand for all retries.
    """

    kind: StyleKind
    undo_failed_step: Literal["never", "unknown", "always"] = "never"
    on_undo_failure: Literal["continue", "stop", "retry"] = "continue"
    undo_order: Literal["reverse", "parallel"] = "reverse"
    undo_retry: RepetitionSpec = RepetitionSpec()
    forward_retry: RepetitionSpec = RepetitionSpec()
    timeout: PositiveDuration | None = None
    durable: Flag = False
    resume_after: Duration = 0.0

    @model_validator(mode="after")
    def _of_sagas(self) -> Self:
        refused = {key: text for key in sorted(self.model_fields_set) if (text := self._refusal(key))}
        if refused:
            raise ValidationError.from_exception_data(
                type(self).__name__,
                [
                    InitErrorDetails(
                        type=PydanticCustomError("style", "{text}", {"text": text}),
                        loc=(key,),
                        input=getattr(self, key),
                    )
                    for key, text in refused.items()
                ],
            )
        return self

    def _refusal(self, key: str) -> str:
        """Why a key cannot be written in this style; empty: it can."""
        only_orchestrated = ("undo_retry", "forward_retry", "durable", "resume_after")
        if key != "kind" and self.kind not in SAGAS:
            return f"'{key}' is only for the styles {', '.join(SAGAS)}, not {self.kind}"
        if self.kind == "choreography" and key in only_orchestrated:
            return f"'{key}': a choreography has no orchestrator, its broker repeats (max_deliveries, redelivery_delay)"
        if self.kind == "choreography" and key == "on_undo_failure" and self.on_undo_failure == "retry":
            return "in a choreography the broker repeats an undo (max_deliveries): continue or stop"
        if key == "undo_retry" and self.on_undo_failure != "retry":
            return "'undo_retry' is only for on_undo_failure: retry"
        if key == "resume_after" and not self.durable:
            return "'resume_after' is only for durable: true"
        if key == "on_undo_failure" and self.on_undo_failure == "stop" and self.undo_order == "parallel":
            return "undos that run at once cannot stop at the first failure: continue or retry"
        return ""


def _kind(value: Any) -> Any:
    return {"kind": value} if isinstance(value, str) else value


Style = Annotated[StyleSpec, BeforeValidator(_kind, json_schema_input_type=StyleKind | StyleSpec)]
"""A style as it is written: its name, or a mapping."""
