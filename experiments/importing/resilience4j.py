"""resilience4j's Spring Boot configuration (application.yml), as resilience4j 2 reads it.

An instance's keys lie over those of its ``baseConfig``, or else of ``configs.default``; for retries ``configs.default``
lies under a named ``baseConfig`` too. ``backends`` is another word for ``instances``. Spring's spellings of a key are
one key, and a duration without unit is in milliseconds. An instance is taken for the service of the same name.

The order of the annotations is kept: retry, breaker, rate limiter, time limiter, bulkhead.
"""

from __future__ import annotations

from experiments.importing.draft import Block, Draft, put, safe_name
from experiments.importing.quantities import spring_duration
from experiments.importing.reading import Leaf, Reader, Source, assumed, canonical
from experiments.language.problems import Place
from experiments.language.tree import Node, Table

_SHARED = "configs.default"
"""In place of an instance's name: a default without any instance."""

SECTIONS = ("retry", "circuitbreaker", "ratelimiter", "timelimiter", "bulkhead", "thread-pool-bulkhead")

_EXCEPTIONS = "exceptions are not outcomes: choose outcomes in"
HINTS = {
    "recordexceptions": f"{_EXCEPTIONS} 'failures' (client_error, server_error, timeout, unreachable, rejected)",
    "ignoreexceptions": f"{_EXCEPTIONS} 'ignored' of the breaker or 'retry_on' of the retry",
    "retryexceptions": f"{_EXCEPTIONS} 'retry_on'",
    "recordfailurepredicate": "choose outcomes in 'failures'",
    "ignoreexceptionpredicate": "choose outcomes in 'ignored'",
    "retryexceptionpredicate": "choose outcomes in 'retry_on'",
    "resultpredicate": "choose outcomes in 'retry_on'",
    "intervalbifunction": "write the wait as 'backoff'",
    "ringbuffersizeinclosedstate": "resilience4j 2 does not know it: there it is slidingWindowSize",
    "ringbuffersizeinhalfopenstate": "resilience4j 2 does not know it: permittedNumberOfCallsInHalfOpenState",
    "cancelrunningfuture": "what a given-up call still costs the callee is 'cancel'",
    "circuitbreakeraspectorder": "write the order as a 'stack'",
    "retryaspectorder": "write the order as a 'stack'",
    "ratelimiteraspectorder": "write the order as a 'stack'",
    "timelimiteraspectorder": "write the order as a 'stack'",
    "bulkheadaspectorder": "write the order as a 'stack'",
}


def source() -> Source:
    """What reads the format's keys."""
    return Source(spring_duration, HINTS)


def is_it(root: Table) -> bool:
    """Whether a document is of this format."""
    return any(key.split(".")[0] == "resilience4j" for key in root.entries)


def read(documents: list[Table], found: Source, draft: Draft) -> None:
    """Bring every instance of every document into the draft."""
    for number, document in enumerate(documents):
        root = _nested(document)
        top = found.reader(root)
        holder = top.table("resilience4j")
        sections = {name: holder.table(name) for name in SECTIONS if name in holder}
        if number and sections:
            found.warn(root.place, "another document (a profile?): its instances are policies of their own")
        _instances(sections, found, draft)
        found.warn_of_the_rest(root)


def _nested(root: Table) -> Table:
    """Keys like ``resilience4j.retry.instances`` as the mappings that they stand for."""
    result = Table(root.place, {}, {})
    for key, node in root.entries.items():
        parts = key.split(".") if key.startswith("resilience4j.") else [key]
        result = _set(result, parts, node, root.key_place(key))
    return result


def _set(table: Table, parts: list[str], node: Node, place: Place) -> Table:
    key, rest = parts[0], parts[1:]
    below = table.entries.get(key)
    if rest:
        node = _set(below if isinstance(below, Table) else Table(place, {}, {}), rest, node, place)
    elif isinstance(node, Table):
        inner = below if isinstance(below, Table) else Table(node.place, {}, {})
        for name, entry in node.entries.items():
            inner = _set(inner, name.split(".") if key == "resilience4j" else [name], entry, node.key_place(name))
        node = inner
    return table.with_entry(key, node, place)


def _instances(sections: dict[str, Reader], found: Source, draft: Draft) -> None:
    instances: dict[str, dict[str, Reader]] = {}
    for section, reader in sections.items():
        configs = dict(reader.members("configs"))
        members = [*reader.members("instances"), *reader.members("backends")]
        for name, own in members:
            if section in instances.get(name, {}):
                found.warn(own.place, f"{name} is written twice, under instances and backends: the first one was taken")
                continue
            instances.setdefault(name, {})[section] = _over_its_base(section, own, configs, found)
        if not members and "default" in configs:
            instances.setdefault(_SHARED, {})[section] = _over_its_base(section, configs["default"], {}, found)
    for name, readers in instances.items():
        _policy(name, readers, found, draft)


def _over_its_base(section: str, own: Reader, configs: dict[str, Reader], found: Source) -> Reader:
    """An instance's tables, over those of its base and of the default."""
    tables = list(own.tables)
    known = {canonical(key): reader for key, reader in configs.items()}
    trail: set[str] = set()
    current = own
    while (base := current.word("baseConfig")) is not None:
        key = canonical(str(base.value))
        if key not in known or key in trail:
            reason = "extends itself" if key in trail else f"there is no config {base.value!r}"
            found.refuse(base.place, f"{reason}; there are: {', '.join(configs) or 'none'}")
            break
        trail.add(key)
        current = known[key]
        tables += current.tables
    if "default" in known and "default" not in trail and (not trail or section == "retry"):
        tables += known["default"].tables
    return Reader(found, tuple(tables))


def _policy(name: str, readers: dict[str, Reader], found: Source, draft: Draft) -> None:
    makers = {
        "retry": ("retry", _retry),
        "circuitbreaker": ("breaker", _breaker),
        "ratelimiter": ("rate_limit", _rate_limit),
        "timelimiter": ("timeout", _timeout),
        "bulkhead": ("bulkhead", _bulkhead),
    }
    block: Block = {}
    for section, (key, make) in makers.items():
        if section in readers:
            block[key] = make(readers[section], found)
    pool = _thread_pool(readers["thread-pool-bulkhead"], found) if "thread-pool-bulkhead" in readers else None
    if pool is not None and "bulkhead" not in block:
        block["bulkhead"], pool = pool, None
    if "timeout" in block and "bulkhead" in block:  # the usual order has the timeout inside
        block = {"stack": [{key: value} for key, value in block.items()]}
    shared = name == _SHARED
    service = safe_name(name)
    policy = draft.free_name("shared" if shared else service)
    draft.policies[policy] = block
    edge = "default" if shared else f"* -> {service}"
    if not draft.call(edge, policy, name if shared else f"instance {name}"):
        place = next(reader.place for reader in readers.values())
        found.warn(place, f"another instance for {edge}: its policy {policy} is written, calls have the first one")
    if pool is not None:
        other = draft.free_name(f"{policy}-thread-pool")
        draft.policies[other] = {"extends": assumed(policy, "the same with the thread pool"), "bulkhead": pool}
        place = readers["thread-pool-bulkhead"].place
        found.warn(
            place,
            f"{name} has a bulkhead and a thread-pool-bulkhead, and the annotation's type decides which one holds: "
            f"calls have the semaphore, its default; policy {other} has the thread pool",
        )


# -- sections ---------------------------------------------------------------------------------------------------


def _preset() -> Leaf:
    return assumed("resilience4j", "the library's defaults")


def _retry(own: Reader, found: Source) -> Block:
    block: Block = {"preset": _preset()}
    put(block, own.whole("maxAttempts") or own.whole("maxRetryAttempts"), "attempts")
    wait, grows, random = own.duration("waitDuration"), own.flag("enableExponentialBackoff"), own.flag(_RANDOM)
    growing, chance = _is_on(grows), _is_on(random)
    multiplier, longest = own.number(_MULTIPLIER), own.duration("exponentialMaxWaitDuration")
    factor = own.share("randomizedWaitFactor")
    if wait is None:
        _ignored(found, "waitDuration is not written", *(leaf for leaf in (grows, random, multiplier, longest, factor)))
        return block
    put(block, Leaf("exponential", grows.note, grows.place) if growing and grows else None, "backoff", "kind")
    put(block, wait, "backoff", "base")
    if not growing:
        _ignored(found, "enableExponentialBackoff is not true", multiplier, longest)
        multiplier = longest = None
    elif multiplier is None:
        _ignored(found, "exponentialBackoffMultiplier is not written", longest)
        longest = None
    put(block, multiplier, "backoff", "multiplier")
    if chance and growing and longest is not None and factor is None:
        _ignored(found, "with enableRandomizedWait it needs randomizedWaitFactor too", longest)
        longest = None
    put(block, longest, "backoff", "max")
    if not chance:
        _ignored(found, "enableRandomizedWait is not true", factor)
    elif random is not None:
        if growing and multiplier is None:
            _ignored(found, "exponentialBackoffMultiplier is not written", factor)
            factor = None
        put(block, Leaf("proportional", random.note, random.place), "backoff", "jitter", "kind")
        put(block, factor or assumed(0.5, "resilience4j's own factor"), "backoff", "jitter", "share")
    return block


_RANDOM = "enableRandomizedWait"
_MULTIPLIER = "exponentialBackoffMultiplier"


def _is_on(leaf: Leaf | None) -> bool:
    return leaf is not None and leaf.value is True


def _ignored(found: Source, why: str, *leaves: Leaf | None) -> None:
    for leaf in leaves:
        if leaf is not None and leaf.value is not False:
            found.warn(leaf.place, f"is ignored by resilience4j, since {why}: left out")


def _breaker(own: Reader, found: Source) -> Block:
    block: Block = {"preset": _preset()}
    _window(own, found, block)
    put(block, own.whole("minimumNumberOfCalls"), "minimum_calls")
    put(block, own.percent("failureRateThreshold"), "failure_rate")
    put(block, own.duration("slowCallDurationThreshold"), "slow_call", "longer_than")
    put(block, own.percent("slowCallRateThreshold"), "slow_call", "rate")
    _open_state(own, found, block)
    timer = own.flag("automaticTransitionFromOpenToHalfOpenEnabled")
    put(block, timer and Leaf("timer" if timer.value else "after", timer.note, timer.place), "open_ends")
    put(block, own.whole("permittedNumberOfCallsInHalfOpenState"), "half_open", "permits")
    longest = own.duration("maxWaitDurationInHalfOpenState")
    if longest is not None and longest.value != "0s":  # 0 is for ever, as without the key
        put(block, longest, "half_open", "max_wait")
    for key, usual in (("transitionToStateAfterWaitDuration", "OPEN"), ("initialState", "CLOSED")):
        state = own.word(key)
        if state is not None and str(state.value).upper() != usual:
            found.warn(state.place, f"has no counterpart and was left out: here it is always {usual}")
    return block


def _window(own: Reader, found: Source, block: Block) -> None:
    kind, size = own.word("slidingWindowType"), own.whole("slidingWindowSize")
    name = "COUNT_BASED" if kind is None else str(kind.value).upper().replace("-", "_")
    if kind is not None and name not in ("COUNT_BASED", "TIME_BASED"):
        found.refuse(kind.place, f"{kind.value!r} is neither COUNT_BASED nor TIME_BASED")
        return
    timed = name == "TIME_BASED"
    put(block, kind and Leaf("time" if timed else "count", kind.note, kind.place), "window", "type")
    put(block, size and Leaf(f"{size.value}s" if timed else size.value, size.note, size.place), "window", "size")


def _open_state(own: Reader, found: Source, block: Block) -> None:
    wait, grows, random = (
        own.duration("waitDurationInOpenState"),
        own.flag("enableExponentialBackoff"),
        own.flag(_RANDOM),
    )
    multiplier, longest = own.number(_MULTIPLIER), own.duration("exponentialMaxWaitDurationInOpenState")
    factor = own.share("randomizedWaitFactor")
    put(block, wait, "open_for")
    if _is_on(grows) and _is_on(random) and grows is not None:
        found.refuse(
            grows.place,
            "resilience4j refuses enableExponentialBackoff together with enableRandomizedWait in a circuit breaker: "
            "remove one",
        )
        return
    if wait is None:
        _ignored(found, "waitDurationInOpenState is not written", grows, random, multiplier, longest, factor)
        return
    if _is_on(random):
        for leaf in (random, factor):
            if leaf is not None:
                found.warn(leaf.place, "has no counterpart and was left out: open times are not random here")
    else:
        _ignored(found, "enableRandomizedWait is not true", factor)
    if not _is_on(grows):
        _ignored(found, "enableExponentialBackoff is not true", multiplier, longest)
        return
    put(block, multiplier or assumed(1.5, "resilience4j's own multiplier"), "growth", "multiplier")
    if multiplier is None:
        _ignored(found, "exponentialBackoffMultiplier is not written", longest)
    else:
        put(block, longest, "growth", "max")


def _rate_limit(own: Reader, found: Source) -> Block:
    block: Block = {"preset": _preset()}
    put(block, own.whole("limitForPeriod"), "limit")
    put(block, own.duration("limitRefreshPeriod"), "period")
    put(block, own.duration("timeoutDuration"), "max_wait")
    return block


def _timeout(own: Reader, found: Source) -> Leaf:
    return own.duration("timeoutDuration") or assumed("1s", "resilience4j's own timeoutDuration")


def _bulkhead(own: Reader, found: Source) -> Block:
    block: Block = {"preset": _preset()}
    put(block, own.whole("maxConcurrentCalls"), "limit")
    put(block, own.duration("maxWaitDuration") or own.duration("maxWaitTime"), "max_wait")
    fair = own.flag("fairCallHandlingEnabled")
    if fair is not None and fair.value is False:
        found.warn(fair.place, "has no counterpart and was left out: here calls wait in order of arrival")
    return block


def _thread_pool(own: Reader, found: Source) -> Block:
    core, most = own.whole("coreThreadPoolSize"), own.whole("maxThreadPoolSize")
    block: Block = {"preset": _preset(), "kind": assumed("thread_pool", "thread-pool-bulkhead")}
    if core is None:
        threads = max(1, int(most.value) - 1) if most is not None else 3
        core = assumed(threads, "assumed: resilience4j takes the processors less one", own.place)
        found.warn(
            own.place, f"coreThreadPoolSize is not written: the machine's processors less one; {threads} assumed"
        )
    if most is None:
        processors = int(core.value) + 1
        most = assumed(processors, "assumed: resilience4j takes the processors", own.place)
        found.warn(own.place, f"maxThreadPoolSize is not written: the machine's processors; {processors} assumed")
    put(block, core, "core")
    put(block, most, "max")
    put(block, own.whole("queueCapacity"), "queue")
    put(block, own.duration("keepAliveDuration"), "keep_alive")
    return block
