"""What consumers and publishers ask for of their messages: what cannot be carried out is said at its line.

A consumer that tries again, remembers, or handles batches carries out the steps of its operation itself: only the
synchronous style does that. A batch is handled once for the requests of all its messages: so its steps may leave
nothing behind that belongs to one of them; the operation's own effect is left for each, and a copy written for each.
"""

from __future__ import annotations

from collections.abc import Iterator

from experiments.language.copies import is_copy
from experiments.language.problems import Problem, problem
from experiments.language.steps import below, walk_steps
from experiments.language.tree import Node, Scalar, Table, child, items, table, text

OWN_STEPS = ("retry", "deduplicate", "batch", "poison")
"""Keys of a subscription whose consumer carries out the operation's steps itself."""

NO_DELAY = {
    "redis_pubsub": "redis_pubsub hands messages out at once: it cannot keep one back",
    "kafka": "kafka cannot keep a message back: its log is read in order",
}
_PASSING = ("work", "pause", "call", "with", "parallel", "choose", "cached")
"""Steps that a batch can carry out."""
_NOTHING = (False, 0, "none", None, "0%", "0s", "0ms", "0us")
_CHANGES = ("take", "give", "transaction")
"""Steps that leave something behind."""


def check_consuming(root: Table) -> list[Problem]:
    """Every subscription and every delayed message that cannot be carried out."""
    return [*_handlers(root), *_delays(root)]


def _handlers(root: Table) -> Iterator[Problem]:
    for topic in table(root, "topics").entries.values():
        for member in items(child(topic, "subscribers")):
            name = text(child(member, "operation"))
            handler = _operation(root, name)
            for key in OWN_STEPS:
                node = child(member, key)
                if node is not None and _written(node) and (style := _style(handler)) != "sync":
                    reason = f"a handler in the style {style} hands its messages on: {key} needs style: sync"
                    yield problem(node.place, reason)
            yield from _round_and_round(table(root, "brokers", text(child(topic, "broker"))), member)
            budget = child(member, "retry", "budget")
            if budget is not None:
                yield problem(budget.place, "a budget belongs to calls between services, not to a consumer's retries")
            if _written(child(member, "batch")):
                yield from _unfit_for_batches(root, name.partition(".")[0], handler)


def _round_and_round(broker: Table, member: Node) -> Iterator[Problem]:
    """Poison at a broker that never gives a message up, and hands it out again in no time at all."""
    poison = child(member, "poison")
    if poison is None or not _written(poison) or text(child(broker, "preset")) != "rabbitmq":
        return
    quorum = text(child(broker, "queue_type")) == "quorum"
    takes_time = _written(child(broker, "redelivery_delay")) or child(broker, "delivery_latency") is None
    if not (quorum or takes_time or _written(child(broker, "delivery_latency"))):
        yield problem(poison.place, "would go round for ever in no time: give the broker a redelivery_delay")


def _written(node: Node | None) -> bool:
    return node is not None and not (isinstance(node, Scalar) and node.value in _NOTHING)


def _operation(root: Table, name: str) -> Table:
    service, _, operation = name.partition(".")
    return table(root, "services", service, "operations", operation)


def _style(handler: Table) -> str:
    style = child(handler, "style")
    return text(style) or text(child(style, "kind")) or "sync"


def _unfit_for_batches(root: Table, service: str, handler: Table) -> Iterator[Problem]:
    for step in below(child(handler, "steps")):
        kind = next((key for key in step.entries if key in _PASSING), "")
        if not kind and is_copy(root, service, text(child(step, "write"))):
            continue  # brought up to date for each of the messages
        if not kind:
            written = next(iter(step.entries), "")
            yield problem(step.place, f"a batch is handled once for many requests: {written!r} is no step for it")
        elif _true(step, "effect"):
            reason = "a batch is handled once for many requests: give the operation the effect, not a step"
            yield problem(step.entries["effect"].place, reason)
        elif kind == "call" and _leaves(root, text(step.entries["call"]), []):
            reason = f"a batch is handled once for many requests: {text(step.entries['call'])} leaves an effect"
            yield problem(step.entries["call"].place, reason)


def _leaves(root: Table, name: str, seen: list[str]) -> bool:
    """Whether an operation changes anything, itself or through what it calls or publishes."""
    if name in seen:
        return False
    seen.append(name)
    operation = _operation(root, name)
    if _true(operation, "effect"):
        return True
    for step in below(child(operation, "steps")):
        if _true(step, "effect") or any(key in step.entries for key in _CHANGES):
            return True
        topic = table(root, "topics", text(child(step, "publish")))
        members = items(child(topic, "subscribers"))
        caused = [text(child(step, "call")), *(text(one) or text(child(one, "operation")) for one in members)]
        if any(_leaves(root, one, seen) for one in caused if one):
            return True
    return False


def _true(node: Table, key: str) -> bool:
    written = child(node, key)
    return isinstance(written, Scalar) and written.value is True


def _delays(root: Table) -> Iterator[Problem]:
    for found in walk_steps(root):
        delay = found.step.entries.get("delay")
        topic = text(found.step.entries.get("publish"))
        reason = NO_DELAY.get(text(child(root, "brokers", text(child(root, "topics", topic, "broker")), "preset")))
        if delay is not None and topic and reason is not None:
            yield problem(delay.place, reason)
