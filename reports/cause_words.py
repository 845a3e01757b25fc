"""Causes in words: why something was done twice, left half done or answered wrongly (see `simulator.causes`)."""

from __future__ import annotations

from simulator import causes
from simulator.outcomes import Outcome

_EARLIER = "though the earlier attempt was carried out"
_TWICE = {
    causes.RETRY_AFTER[Outcome.TIMEOUT]: f"{{caller}} gave up waiting for {{called}} and tried again, {_EARLIER}",
    causes.RETRY_AFTER[Outcome.UNREACHABLE]: f"{{caller}} lost touch with {{called}} and tried again, {_EARLIER}",
    causes.RETRY_AFTER[Outcome.SERVER_ERROR]: "{caller} got an error from {called} and tried again, "
    "though the effect was in place by then",
    causes.RETRY_AFTER[Outcome.CLIENT_ERROR]: "{caller} got a client error from {called} and tried again, "
    "though the effect was in place by then",
    causes.RETRY_AFTER[Outcome.REJECTED]: "{caller} was refused at {called} and tried again, "
    "though the effect was in place by then",
    causes.HEDGE: "{caller} hedged its call of {called}, and both attempts were carried out",
    causes.FALLBACK: "{caller} fell back on another operation, though {called} was carried out after all",
    causes.RESUMED: "the orchestrator of {called} crashed, and another one repeated the step in progress",
    causes.PAST_PIVOT: "the saga of {called} was past its pivot and tried a step again that had been carried out",
    causes.CONFLICT: "{called} met a conflict on a row and ran the steps before it again",
    causes.REFRESH: "a cache of {called} was refreshed in the background",
    causes.REPUBLISHED: "a relay published the {called} once more",
    causes.AFTER_CRASH: "a consumer of {called} crashed after it had done it, and the message was delivered again",
    causes.AFTER_FAILURE: "handling {called} failed later on, and the message was delivered again from its first step",
    causes.AFTER_TIMEOUT: "handling {called} outlasted the visibility timeout, and the message was delivered again",
    causes.AFTER_LOST_DELIVERY: "a delivery for {called} came to nothing, and another one was carried out as well",
    causes.AFTER_LOST_ACKNOWLEDGEMENT: "the acknowledgement of {called} was lost, and the message was delivered again",
    causes.AFTER_BROKER_DOWN: "the broker went down with {called} in a consumer's hands, and delivered it again",
    causes.ALTHOUGH_ACKNOWLEDGED: "the broker delivered {called} again although it had been acknowledged",
    causes.AFTER_REBALANCE: "a partition of {called} changed hands before its offset was committed",
    causes.NO_REPETITION: "several consumers of {called} each handled a copy of the message",
}
_HALF_DONE = {
    causes.NOT_UNDONE: "the request failed, and nothing undid what had been done",
    causes.UNDO_FAILED: "its undo failed for good",
    causes.UNDO_OVERTOOK: "the undo came first and found nothing, and the effect came after it",
    causes.UNDONE_ONCE: "it was in place more than once, and the undo took back one",
    causes.FAILED_STEP_LEFT_IT: "the step that failed for its caller took effect after all, and was not undone",
    causes.UNDONE_BY_ANOTHER: "an earlier execution of the saga undid what a later one relied on as done already",
    causes.STUCK_PAST_PIVOT: "the saga failed for good past its pivot, where nothing is undone",
    causes.DEAD_LETTER: "the message that carried the rest was given up (a dead letter)",
    causes.FAILED_LATER: "the request was accepted, then failed for good, and nothing undid what had been done",
    causes.MESSAGE_LOST: "a message that carried the rest was lost",
    causes.ANSWERED_REGARDLESS: "the rest failed, and nobody waited for that",
}
_FALSE_OK = {
    causes.UNDONE_BY_ANOTHER: "an earlier execution of the saga undid what a later one relied on as done already",
    causes.DEAD_LETTER: "accepted, then given up as a dead letter",
    causes.FAILED_LATER: "accepted, then failed for good",
    causes.MESSAGE_LOST: "a message that carried a part of it was lost",
    causes.ANSWERED_REGARDLESS: "the answer did not wait for all of it",
}
_ANSWERED = "answered_"


def cause_words(what: str, cause: str, place: str) -> str:
    """Return a cause as a clause: "payments.charge gave up waiting for provider.charge and tried again, …".

    Args:
        what: one of `simulator.causes.WRONGS`.
        cause: a word of `simulator.causes`; one that is not known is shown as it stands.
        place: where, as in ``effects.csv``.
    """
    caller, arrow, called = place.rpartition(" -> ")
    if what == causes.MORE_THAN_ONCE:
        shown = "the client" if caller == "client" else caller
        return _TWICE.get(cause, f"{_plain(cause)} ({place})").format(caller=shown, called=called if arrow else place)
    if what == causes.ORPHANED:
        told = f" (the client was told: {_plain(place)})" if place else ""
        return _HALF_DONE.get(cause, _plain(cause)) + told
    if what == causes.FALSE_OK:
        return _FALSE_OK.get(cause, _plain(cause))
    outcome = _plain(cause.removeprefix(_ANSWERED))
    return f"answered {outcome}" + (f" ({_plain(place)})" if place and not place.startswith(f"{outcome} ") else "")


def _plain(text: str) -> str:
    """Return a word of the tables as people write it; names of operations stay as they are."""
    head, at, rest = text.partition(" at ")
    return head.replace("_", " ") + at + rest
