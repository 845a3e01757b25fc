"""The words for what went wrong with a request's effects, and why: the columns ``what`` and ``cause`` of effects.csv.

A *repetition* is anything that carries a part of a request out once more: a retry, a hedge, a second delivery. What it
repeats may have been done already; where it was, and nobody recognises that, the effect is there twice.
"""

from __future__ import annotations

from simulator.outcomes import Outcome

MORE_THAN_ONCE = "more_than_once"
ORPHANED = "orphaned"
FALSE_OK = "false_ok"
FALSE_ERROR = "false_error"
WRONGS: tuple[str, ...] = (MORE_THAN_ONCE, ORPHANED, FALSE_OK, FALSE_ERROR)
"""What can be wrong with a request at its end: the column ``what``."""

RETRY_AFTER: dict[Outcome, str] = {outcome: f"retry_after_{outcome.label}" for outcome in Outcome}
"""A retry, by how the caller saw the attempt before it end."""

AFTER_AN_ANSWER: frozenset[str] = frozenset(
    RETRY_AFTER[outcome] for outcome in (Outcome.CLIENT_ERROR, Outcome.SERVER_ERROR, Outcome.REJECTED)
)
"""Retries of what the callee itself has answered: an execution that failed left no effect of its own."""

REDELIVERY = "redelivery"
"""How the words begin for one message that was handed to a consumer once more."""

AFTER_CRASH = "redelivery_after_crash"
AFTER_FAILURE = "redelivery_after_failure"
AFTER_TIMEOUT = "redelivery_after_timeout"
"""The message's visibility timeout ran out while its handler was still at work."""
AFTER_LOST_DELIVERY = "redelivery_after_lost_delivery"
AFTER_LOST_ACKNOWLEDGEMENT = "redelivery_after_lost_acknowledgement"
AFTER_BROKER_DOWN = "redelivery_after_broker_down"
"""The broker went down, and forgot who had the message in hand."""
ALTHOUGH_ACKNOWLEDGED = "redelivery_although_acknowledged"
"""The broker delivered what it had been told was handled: at least once is all that it promises."""
AFTER_REBALANCE = "redelivery_after_rebalance"
"""A partition changed hands before the offset was committed."""
HEDGE = "hedge"
FALLBACK = "fallback"
RESUMED = "resumed"
"""A durable orchestrator went on after a crash with the step that was in progress."""
PAST_PIVOT = "retry_past_pivot"
"""A saga that can only go forward tried a step again until it succeeded."""
CONFLICT = "retry_after_conflict"
REFRESH = "refresh"
"""A cache fetched anew in the background."""
REPUBLISHED = "republished"
"""A relay sent its message once more."""
NO_REPETITION = "no_repetition"
"""Nothing was repeated: several replicas each handled their copy of one message."""

NOT_UNDONE = "not_undone"
UNDO_FAILED = "undo_failed"
UNDO_OVERTOOK = "undo_overtook"
"""The undo came first and found nothing; the effect came after it."""
UNDONE_ONCE = "undone_once"
"""The effect was there more than once, and an undo takes back one unit."""
FAILED_STEP_LEFT_IT = "failed_step_left_it"
"""The step that failed for its caller took effect all the same, and was not among those that are undone."""
UNDONE_BY_ANOTHER = "undone_by_another_execution"
"""What one execution of the saga relies on was recognised as done already, and another one's undo took it back."""
STUCK_PAST_PIVOT = "stuck_past_pivot"
"""The saga failed for good where it could not turn round any more."""
MESSAGE_LOST = "message_lost"
DEAD_LETTER = "dead_letter"
FAILED_LATER = "failed_after_accepting"
ANSWERED_REGARDLESS = "answered_regardless"
"""The answer did not depend on it: a fallback, an error passed over, a message nobody waited for."""
