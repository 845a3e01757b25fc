"""Publish and subscribe, done to a real Redis and to callsim: who gets what, and what is lost.

A script is a list of words. The real server hears each at once; in callsim the n-th happens at n seconds. What is held
against each other is what every subscriber received and, for each message, how many received it.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.messaging.office import PUBSUB, Office

Script = list[tuple[str, str]]
"""Words like ``("publish", "m1")`` and ``("kill", "0")``: a message, or which subscriber."""

LONG = 1000.0


def on_redis(redis: Any, script: Script, subscribers: int) -> tuple[dict[str, int], int]:
    """Plays a script on the server.

    Returns:
        how many subscribers the server says it gave each message to; and how many were received in all.
    """
    listening: dict[str, Any] = {}
    received = 0
    receivers: dict[str, int] = {}

    def drain(subscriber: Any) -> int:
        """What has come; the server pushes messages before it answers a ping on the same connection."""
        subscriber.ping()
        got = 0
        while (message := subscriber.get_message(timeout=None))["type"] != "pong":
            got += message["type"] == "message"
        return got

    def subscribe(name: str) -> None:
        listening[name] = redis.pubsub()
        listening[name].subscribe("news")
        assert listening[name].get_message(timeout=None)["type"] == "subscribe"

    for number in range(subscribers):
        subscribe(str(number))
    for word, who in script:
        if word == "publish":
            receivers[who] = redis.publish("news", who)
        elif word == "kill" and who in listening:
            received += drain(listening[who])
            hang_up(redis, listening.pop(who), left=len(listening))
        elif word == "return" and who not in listening:
            subscribe(who)
    for left, subscriber in reversed(list(enumerate(listening.values()))):
        received += drain(subscriber)
        hang_up(redis, subscriber, left)
    return receivers, received


def hang_up(redis: Any, subscriber: Any, left: int) -> None:
    """Close a subscriber's connection; over when the server, asked again and again, knows of `left` others only."""
    subscriber.close()
    while dict(redis.pubsub_numsub("news")).get(b"news") != left:
        pass


def on_callsim(script: Script, subscribers: int) -> tuple[dict[str, int], int, int]:
    """Plays a script in the model, where a subscriber is a replica.

    Returns:
        how many replicas each message was on its way to; how many were handled in all; how many were lost.
    """
    faults = []
    down: dict[str, float] = {}
    for at, (word, who) in enumerate(script, 1):
        if word == "kill":
            down.setdefault(who, float(at))
        elif word == "return" and who in down:
            faults.append(crash(who, down.pop(who), float(at)))
    faults += [crash(who, since, LONG) for who, since in down.items()]
    office = Office(PUBSUB, {"work": 0.25}, desk={"replicas": subscribers, "workers": 100}, faults=faults)
    for at, (word, who) in enumerate(script, 1):
        if word == "publish":
            office.publish(who, at=float(at))
    tally = office.run(LONG - 1)
    receivers = {
        name: subscribers - (0 if root.trouble is None else root.trouble.lost) for name, root in office.roots.items()
    }
    return receivers, tally.handled, tally.lost["replica_down"]


def crash(who: str, since: float, until: float) -> dict[str, Any]:
    target = {"target": f"desk[{who}]"}
    return {"name": f"{who} {since}", "kind": "crash", **target, "at": since, "for": until - since}


@st.composite
def scripts(draw: st.DrawFn) -> tuple[Script, int]:
    subscribers = draw(st.integers(1, 3))
    someone = st.integers(0, subscribers - 1).map(str)
    words = draw(st.lists(st.sampled_from(["publish", "kill", "return"]), min_size=1, max_size=12))
    return [(word, f"m{n}" if word == "publish" else draw(someone)) for n, word in enumerate(words)], subscribers


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(scripts())
def test_callsim_delivers_and_loses_what_redis_does(redis: Any, drawn: tuple[Script, int]) -> None:
    script, subscribers = drawn
    receivers, received = on_redis(redis, script, subscribers)
    modelled, handled, lost = on_callsim(script, subscribers)
    assert modelled == receivers
    assert handled == received
    assert lost == subscribers * len(receivers) - received


@pytest.mark.parametrize("up_at", [0.0, 5.0, 20.0])
def test_what_is_published_before_anybody_subscribes_is_lost(redis: Any, up_at: float) -> None:
    """The recorded scenario mq-redis-pubsub-lost, at three times of subscribing."""
    times = [1.0, 4.0, 6.0, 19.0]
    got = []
    listener = redis.pubsub()
    for at in times:
        if at > up_at and not listener.subscribed:
            listener.subscribe("news")
            listener.get_message(timeout=None)
        got.append(redis.publish("news", "m"))
    if listener.subscribed:
        hang_up(redis, listener, left=0)
    office = Office(PUBSUB, subscription={"from": up_at})
    for at in times:
        office.publish(f"{at}", at=at)
    tally = office.run()
    assert (tally.handled, tally.lost["no_subscriber"]) == (got.count(1), got.count(0))
    assert {reply for _, reply in office.confirmed.values()} == {"ok"}
