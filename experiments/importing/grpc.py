"""gRPC's service config (JSON): timeouts, retries, hedging and retry throttling of methods.

A gRPC service, without its package, is taken for the service of the same name, a method for an operation.
"""

from __future__ import annotations

from experiments.importing.draft import Block, Draft, put, safe_name
from experiments.importing.quantities import proto_duration
from experiments.importing.reading import Leaf, Reader, Source, assumed
from experiments.language.tree import Listing, Scalar, Table
from simulator.spec.policies.retry import MOST_OF_GRPC

HINTS = {
    "loadbalancingconfig": "write services.NAME.balancing",
    "loadbalancingpolicy": "write services.NAME.balancing",
    "healthcheckconfig": "write services.NAME.discovery",
    "waitforready": "here a replica that is gone is 'unreachable' at once",
    "maxrequestmessagebytes": "sizes are not modelled",
    "maxresponsemessagebytes": "sizes are not modelled",
}

_KEYS = {"methodConfig", "loadBalancingConfig", "loadBalancingPolicy", "retryThrottling", "healthCheckConfig"}
_REFUSED = ("queue_full", "shed")

CODES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("OK", ()),
    ("CANCELLED", ()),
    ("UNKNOWN", ("server_error",)),
    ("INVALID_ARGUMENT", ("client_error",)),
    ("DEADLINE_EXCEEDED", ("timeout",)),
    ("NOT_FOUND", ("client_error",)),
    ("ALREADY_EXISTS", ("client_error",)),
    ("PERMISSION_DENIED", ("client_error",)),
    ("RESOURCE_EXHAUSTED", _REFUSED),
    ("FAILED_PRECONDITION", ("client_error",)),
    ("ABORTED", ("server_error",)),
    ("OUT_OF_RANGE", ("client_error",)),
    ("UNIMPLEMENTED", ("server_error",)),
    ("INTERNAL", ("server_error",)),
    ("UNAVAILABLE", ("server_error", "unreachable", *_REFUSED)),
    ("DATA_LOSS", ("server_error",)),
    ("UNAUTHENTICATED", ("client_error",)),
)
"""gRPC's status codes by number, as outcomes: UNAVAILABLE is how a server fails that should be asked again."""

_ORDER = ("client_error", "server_error", "timeout", "unreachable", *_REFUSED, "rejected")


def source() -> Source:
    """What reads the format's keys."""
    return Source(proto_duration, HINTS)


def is_it(root: Table) -> bool:
    """Whether a document is of this format."""
    return bool(set(root.entries) & _KEYS)


def read(documents: list[Table], found: Source, draft: Draft) -> None:
    """Bring every method of the config into the draft."""
    for document in documents:
        top = found.reader(document)
        budget = _throttling(top, found)
        retried = False
        owners: dict[str, str] = {}
        for own in top.items("methodConfig"):
            retried |= _methods(own, budget, owners, found, draft)
        if budget is not None and not retried:
            found.warn(top.place_of("retryThrottling"), "no method is retried: left out")
        found.warn_of_the_rest(document)


def _throttling(top: Reader, found: Source) -> Block | None:
    if "retryThrottling" not in top:
        return None
    own = top.table("retryThrottling")
    tokens, ratio = own.number("maxTokens"), own.number("tokenRatio")
    if tokens is None or ratio is None:
        found.refuse(own.place, "needs maxTokens and tokenRatio")
        return None
    return {"kind": assumed("grpc", "retryThrottling", own.place), "max_tokens": tokens, "token_ratio": ratio}


def _methods(own: Reader, budget: Block | None, owners: dict[str, str], found: Source, draft: Draft) -> bool:
    """One entry of methodConfig; whether it has retries."""
    block: Block = {}
    put(block, own.duration("timeout"), "deadline", "total")
    if "deadline" in block:
        put(block, assumed(True, "the server sees what remains", own.place), "deadline", "propagate")
    if "retryPolicy" in own and "hedgingPolicy" in own:
        found.refuse(own.place_of("hedgingPolicy"), "gRPC refuses a hedgingPolicy beside a retryPolicy: remove one")
    retries = "retryPolicy" in own
    if retries:
        block["retry"] = _retry(own.table("retryPolicy"), budget, found)
    elif "hedgingPolicy" in own:
        block["hedge"] = _hedge(own.table("hedgingPolicy"), budget, found)
    names = own.items("name")
    if not block:
        found.warn(own.place, "says nothing about policies of calls")
        return False
    if not names:
        found.warn(own.place, "names no method, so that gRPC never applies it: left out")
        return False
    policy = ""
    for name in names:
        service, method = name.word("service"), name.word("method")
        edge, wanted = _edge(service, method, owners)
        if not policy:
            policy = draft.free_name(wanted)
            draft.policies[policy] = block
        said = "every method" if service is None else f"{service.value}{f'/{method.value}' if method else ''}"
        if edge in draft.calls:
            found.refuse(name.place, "gRPC refuses a config that names a method twice")
        draft.call(edge, policy, said)
    return retries


def _edge(service: Leaf | None, method: Leaf | None, owners: dict[str, str]) -> tuple[str, str]:
    """The edge that a name stands for, and the name of its policy; `owners` are the full names of the short ones."""
    if service is None or not service.value:
        return "default", "every-method"
    full = str(service.value)
    short = safe_name(full.split(".")[-1])
    if owners.setdefault(short, full) != full:
        short = safe_name(full)
    if method is None or not method.value:
        return f"* -> {short}", short
    operation = safe_name(str(method.value))
    return f"* -> {short}.{operation}", f"{short}-{operation}"


def _retry(own: Reader, budget: Block | None, found: Source) -> Block:
    block: Block = {"preset": assumed("grpc", "gRPC's defaults")}
    put(block, _attempts(own, found), "attempts")
    put(block, own.duration("initialBackoff"), "backoff", "base")
    put(block, own.duration("maxBackoff"), "backoff", "max")
    put(block, own.number("backoffMultiplier"), "backoff", "multiplier")
    put(block, _codes(own, "retryableStatusCodes", found), "retry_on")
    if budget is not None:
        block["budget"] = budget
    for key in ("maxAttempts", "initialBackoff", "maxBackoff", "backoffMultiplier", "retryableStatusCodes"):
        if key not in own:
            found.refuse(own.place, f"gRPC refuses a retryPolicy without {key}")
    return block


def _hedge(own: Reader, budget: Block | None, found: Source) -> Block:
    block: Block = {"preset": assumed("grpc", "gRPC's defaults")}
    attempts = _attempts(own, found)
    if attempts is None:
        found.refuse(own.place, "gRPC refuses a hedgingPolicy without maxAttempts")
        return block
    put(block, Leaf(attempts.value - 1, attempts.note, attempts.place), "max")
    put(block, own.duration("hedgingDelay"), "delay")
    put(block, _codes(own, "nonFatalStatusCodes", found, hedged=True), "non_fatal")
    if budget is not None:
        found.warn(own.place, "retryThrottling holds for hedges too there; here it does not: left out for this policy")
    return block


def _attempts(own: Reader, found: Source) -> Leaf | None:
    leaf = own.whole("maxAttempts")
    if leaf is None:
        return None
    if leaf.value < 2:
        found.refuse(leaf.place, "gRPC refuses maxAttempts below 2")
        return None
    if leaf.value > MOST_OF_GRPC:
        found.warn(leaf.place, f"gRPC makes at most {MOST_OF_GRPC} attempts: {MOST_OF_GRPC} were taken")
    return Leaf(min(leaf.value, MOST_OF_GRPC), leaf.note, leaf.place)


def _codes(own: Reader, key: str, found: Source, *, hedged: bool = False) -> Leaf | None:
    """Status codes, names or numbers, as outcomes; a hedge knows a rejection without its reason."""
    node = own.node(key)
    if not isinstance(node, Listing):
        return None
    outcomes: set[str] = set()
    words: list[str] = []
    for item in node.items:
        word = item.text if isinstance(item, Scalar) else ""
        words.append(word)
        known = outcomes_of(word)
        if known is None:
            found.refuse(item.place, f"{word!r} is no status code of gRPC")
        elif not known:
            found.warn(item.place, f"{word} has no counterpart and was left out: no retry sees such an outcome here")
        outcomes.update(known or ())
    if hedged and outcomes & set(_REFUSED):
        outcomes = (outcomes - set(_REFUSED)) | {"rejected"}
    note = f"line {node.place.line}: {key}: {', '.join(words)}"
    return Leaf([name for name in _ORDER if name in outcomes], note, node.place)


def outcomes_of(word: str) -> tuple[str, ...] | None:
    """The outcomes of a status code, by name or number; none where no retry sees it, None where there is no such."""
    if word.isdecimal():
        return CODES[int(word)][1] if int(word) < len(CODES) else None
    return dict(CODES).get(word.upper())
