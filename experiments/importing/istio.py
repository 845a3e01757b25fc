"""Istio's DestinationRule and VirtualService, several documents in one file.

A host's rule and its routes make one policy; the short name of a host is taken for the service. What Istio itself adds
is written too: two retries where a route says nothing, no panic threshold, no success-rate ejection, caps of 2^32 - 1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from experiments.importing import proxies
from experiments.importing.draft import Block, Draft, put, safe_name
from experiments.importing.grpc import outcomes_of
from experiments.importing.quantities import duration, plain, proto_duration
from experiments.importing.reading import Leaf, Reader, Source, assumed
from experiments.language.tree import Listing, Table, shown, text

KINDS = ("DestinationRule", "VirtualService")
EVERY = "every-host"
"""The name for a host that is a wildcard."""

HINTS = {
    "connecttimeout": "connections are not modelled: a replica that is gone is 'unreachable' at once",
    "subsets": "a subset's own policy is not modelled",
    "subset": "subsets are not modelled: the policy holds for the whole service",
    "weight": "write shares as 'routes'",
    "match": "the policy holds for every call to the host: write 'a -> b.operation' for some of them",
    "portlevelsettings": "ports are not modelled",
    "retryremotelocalities": "localities are not modelled",
    "retryignoreprevioushosts": "a retry may meet the same replica here",
    "mirror": "mirrored requests are not modelled",
    "consecutivelocaloriginfailures": "local and remote errors are not told apart",
    "splitexternallocaloriginerrors": "local and remote errors are not told apart",
}


@dataclass
class _Host:
    """What is said of one host, by its name as written and by that of its service."""

    name: str
    service: str
    rule: Reader | None = None
    rule_name: str = ""
    routes: list[tuple[Reader, str]] = field(default_factory=list)


def source() -> Source:
    """What reads the format's keys."""
    return Source(proto_duration, HINTS)


def is_it(root: Table) -> bool:
    """Whether a document is of this format."""
    kind = text(root.entries.get("kind"))
    if kind == "List":
        members = root.entries.get("items")
        return isinstance(members, Listing) and any(isinstance(item, Table) and is_it(item) for item in members.items)
    return kind in KINDS and text(root.entries.get("apiVersion")).startswith("networking.istio.io")


def read(documents: list[Table], found: Source, draft: Draft) -> None:
    """Bring every host of every document into the draft."""
    hosts: dict[str, _Host] = {}
    for document in documents:
        for resource in _resources(found.reader(document)):
            _resource(resource, hosts, found)
    for host in hosts.values():
        _policies(host, found, draft)
    for host in hosts.values():
        for route, _ in host.routes:
            _faults(route, host, found, draft)
    for document in documents:
        found.warn_of_the_rest(document)


def _resources(top: Reader) -> list[Reader]:
    kind = top.word("kind")
    top.skip("apiVersion")
    if kind is not None and kind.value == "List":
        return [resource for item in top.items("items") for resource in _resources(item)]
    return [top]


def _resource(resource: Reader, hosts: dict[str, _Host], found: Source) -> None:
    kind = resource.word("kind")
    resource.skip("apiVersion")
    meta = resource.table("metadata")
    name = meta.word("name")
    meta.skip("namespace")
    shown_name = f"{kind.value if kind else ''} {name.value if name else ''}".strip()
    spec = resource.table("spec")
    if kind is not None and kind.value == "DestinationRule":
        leaf = spec.word("host")
        if leaf is None:
            found.refuse(spec.place, "'host' is missing")
            return
        host = _host(str(leaf.value), hosts)
        if host.rule is not None:
            found.warn(leaf.place, f"a second rule for {leaf.value}: the first one was taken")
            return
        host.rule, host.rule_name = spec, shown_name
    elif kind is not None and kind.value == "VirtualService":
        _routes(spec, shown_name, hosts, found)
    else:
        found.warn(resource.place, f"{shown_name} says nothing about policies of calls: left out")
        resource.skip("metadata", "spec", "status", "data")


def _routes(spec: Reader, name: str, hosts: dict[str, _Host], found: Source) -> None:
    named = spec.node("hosts")
    first = named.items[0] if isinstance(named, Listing) and named.items else None
    for route in spec.items("http"):
        destinations = [target.table("destination").word("host") for target in route.items("route")]
        targets = [str(leaf.value) for leaf in destinations if leaf is not None]
        route.skip("name")
        if not targets and first is not None:
            targets = [shown(first)]
        for target in dict.fromkeys(targets):
            _host(target, hosts).routes.append((route, name))


def _host(written: str, hosts: dict[str, _Host]) -> _Host:
    """What is known of a host, by its short name; by its long one where the short one belongs to another host."""
    parts = written.split(".")
    inside = len(parts) <= 2 or parts[2] == "svc"
    short = EVERY if parts[0] == "*" else safe_name(parts[0] if inside else written)
    known = hosts.setdefault(short, _Host(written, short))
    if known.name != written and "." in known.name and "." in written:
        long = safe_name(written)
        return hosts.setdefault(long, _Host(written, long))
    return known


# -- policies ---------------------------------------------------------------------------------------------------


def _policies(host: _Host, found: Source, draft: Draft) -> None:
    base = _rule(host, found)
    edge = "default" if host.service == EVERY else f"* -> {host.service}"
    routes: list[tuple[Reader | None, str]] = [*sorted(host.routes, key=lambda entry: "match" in entry[0])]
    for route, name in routes or [(None, "")]:
        policy = draft.free_name(host.service)
        draft.policies[policy] = _with_route(route, base, found)
        note = ", ".join(text for text in (host.rule_name, name) if text)
        if not draft.call(edge, policy, note) and route is not None:
            found.warn(
                route.place, f"another route to {host.name}: its policy {policy} is written, calls have the first one"
            )


def _with_route(route: Reader | None, base: Block, found: Source) -> Block:
    """A route's policies over what its host's rule says."""
    block: Block = {}
    retry: Block | Leaf = {"preset": assumed("istio", "Istio's defaults: 2 retries")}
    per_try: Leaf | None = None
    if route is not None:
        total = route.duration("timeout")
        if total is not None and total.value != "0s":  # 0 is none, as without the key
            put(block, total, "deadline")
        if "retries" in route:
            retry, per_try = _retries(route, found)
    rule = dict(base)
    caps = rule.pop("budget", None)
    block["retry"] = retry
    if caps is not None and not isinstance(retry, Leaf):
        retry["budget"] = caps
    block.update(rule)
    put(block, per_try, "timeout")
    return block


def _retries(route: Reader, found: Source) -> tuple[Block | Leaf, Leaf | None]:
    """The retry policy of a route, or the word that there is none, and the timeout of an attempt."""
    own = route.table("retries")
    attempts, per_try = own.whole("attempts"), own.duration("perTryTimeout")
    conditions, base = own.word("retryOn"), own.duration("backoff")
    if attempts is None or attempts.value == 0:
        why = "attempts is 0" if attempts is not None else "attempts is not written"
        place = attempts.place if attempts is not None else route.place_of("retries")
        for leaf in (per_try, conditions, base):
            if leaf is not None:
                found.warn(leaf.place, f"is ignored by Istio, since {why}: left out")
        return Leaf("none", f"line {place.line}: {why}: no retries", place), None
    block: Block = {"preset": assumed("istio", "Istio's defaults")}
    put(block, attempts, "max_retries")
    if conditions is not None:
        retry_on = proxies.retried(str(conditions.value).split(","), conditions, found)
        if retry_on is None:
            found.warn(conditions.place, "nothing is left to retry on: no retry is written")
            return Leaf("none", conditions.note, conditions.place), per_try
        put(block, retry_on, "retry_on")
    put(block, base, "backoff", "base")
    return block, None if per_try is not None and per_try.value == "0s" else per_try


def _rule(host: _Host, found: Source) -> Block:
    """What a DestinationRule says: caps, ejection, and a budget for the retries of whatever route."""
    block: Block = {}
    if host.rule is None:
        return block
    policy = host.rule.table("trafficPolicy")
    if "connectionPool" in policy:
        block["bulkhead"] = _caps(policy.table("connectionPool"), found, block)
    if "outlierDetection" in policy:
        block["outlier"] = _outlier(policy.table("outlierDetection"), found)
    if "retryBudget" in policy:
        if "budget" in block:
            found.warn(block["budget"]["max_retries"].place, "is ignored by Envoy beside a retryBudget: left out")
        block["budget"] = proxies.budget(policy.table("retryBudget"), "percent", "minRetryConcurrency")
    proxies.balancing(policy.table("loadBalancer").word("simple"), host.service, found)
    return block


def _caps(pool: Reader, found: Source, rule: Block) -> Block:
    http = pool.table("http")
    block: Block = {"preset": assumed("istio", "Istio's defaults: no cap until one is written")}
    requests, connections = _said(http, "http2MaxRequests", found), _said(pool.table("tcp"), "maxConnections", found)
    if requests is not None and connections is not None:
        found.warn(
            connections.place,
            f"is left out beside http2MaxRequests; with HTTP/1.1, a request a connection, write limit: "
            f"{min(requests.value, connections.value)}",
        )
    put(block, requests or connections, "limit")
    put(block, _said(http, "http1MaxPendingRequests", found), "queue")
    retries = _said(http, "maxRetries", found)
    if retries is not None:
        rule["budget"] = {"kind": Leaf("envoy", "", retries.place), "max_retries": retries}
    return block


def _said(own: Reader, key: str, found: Source) -> Leaf | None:
    """A number; 0 is how Istio is told nothing."""
    leaf = own.whole(key)
    if leaf is None or leaf.value:
        return leaf
    found.warn(leaf.place, "is 0, which Istio takes for not written: its default was left")
    return None


def _outlier(own: Reader, found: Source) -> Block:
    block: Block = {"preset": assumed("istio", "Istio's defaults")}
    names = {"5xx": "consecutive5xxErrors", "base": "baseEjectionTime", "most": "maxEjectionPercent"}
    proxies.ejection(own, names, block)
    if "max_ejected" in block and block["max_ejected"].value == "0%":
        found.warn(block.pop("max_ejected").place, "is 0, which Istio takes for not written: Envoy's 10 % were left")
    put(block, own.whole("consecutiveGatewayErrors"), "consecutive_gateway_failures")
    put(block, own.percent("minHealthPercent"), "panic_threshold")
    old = own.whole("consecutiveErrors")
    if old is not None:
        found.warn(old.place, "is an old key, which Istio does not read any more: left out")
    return block


# -- faults -----------------------------------------------------------------------------------------------------


def _faults(route: Reader, host: _Host, found: Source, draft: Draft) -> None:
    fault = route.table("fault")
    if "abort" in fault:
        _abort(fault.table("abort"), host.service, found, draft)
    if "delay" in fault:
        _delay(fault.table("delay"), host.service, found, draft)


def _share(own: Reader, found: Source) -> Leaf | None:
    """The percentage of requests that are hit; none written is none hit."""
    leaf = own.table("percentage").percent("value") or own.percent("percent")
    if leaf is None or leaf.value == "0%":
        found.warn(own.place, "hits no request, as its percentage is 0 or not written: left out")
        return None
    return leaf


def _begin(name: str, kind: str, target: Leaf, draft: Draft) -> Block:
    taken = {fault["name"].value for fault in draft.faults}
    number = 2
    unique = name
    while unique in taken:
        unique, number = f"{name}_{number}", number + 1
    return {"name": assumed(unique, ""), "kind": assumed(kind, ""), "target": target}


def _lasting(block: Block) -> Block:
    block["at"] = assumed("0s", "Istio's faults have no begin and no end")
    block["for"] = assumed("1d", "longer than any run")
    return block


def _abort(own: Reader, service: str, found: Source, draft: Draft) -> None:
    share, status, grpc = _share(own, found), own.whole("httpStatus"), own.word("grpcStatus")
    if share is None:
        return
    if status is not None and not 500 <= status.value <= 599:
        found.warn(
            status.place,
            f"a fault here ends as server_error, not as {status.value}: left out; write client_errors: {share.value} "
            f"of the operations of {service}",
        )
        return
    if grpc is not None and status is None and "server_error" not in (outcomes_of(str(grpc.value)) or ()):
        found.warn(grpc.place, f"a fault here ends as server_error, not as {grpc.value}: left out")
        return
    said = status or grpc or assumed("", "abort", own.place)
    target = Leaf(service, said.note, said.place)
    block = _begin(f"{service}_abort", "errors", target, draft)
    put(block, share, "share")
    draft.faults.append(_lasting(block))
    found.warn(own.place, "Istio aborts before its own retries; here the caller's retries, breaker and timeout see it")


def _delay(own: Reader, service: str, found: Source, draft: Draft) -> None:
    share, wait = _share(own, found), own.seconds("fixedDelay")
    if share is None:
        return
    leaf = own.duration("fixedDelay")
    if wait is None or leaf is None:
        found.warn(own.place, "has no fixedDelay: left out")
        return
    hit = Decimal(str(share.value).rstrip("%"))
    law: object = leaf.value
    if hit < 100:
        rest = {"weight": _number(100 - hit), "law": "0s"}
        law = {"dist": "mixture", "parts": [{"weight": _number(hit), "law": duration(wait)}, rest]}
    target = assumed(f"client -> {service}", "put the real caller here", own.place)
    block = _begin(f"{service}_delay", "latency", target, draft)
    put(block, Leaf(law, f"{leaf.note}; {share.note}", leaf.place), "add")
    draft.faults.append(_lasting(block))
    found.warn(
        own.place,
        f"Istio does not say who calls {service}: the target is 'client -> {service}', put the real caller there; "
        "Istio delays before its own timeout, here the caller's timeout and retries see it",
    )


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(plain(value))
