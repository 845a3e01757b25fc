"""Envoy's configuration (v3): clusters, and the routes that lead to them; a bootstrap file or a part of one.

A cluster is taken for the service of the same name. What Envoy does where nothing is written is written too: a route's
15 s, caps of 1024, three retries at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from experiments.importing import proxies
from experiments.importing.draft import Block, Draft, put, safe_name
from experiments.importing.quantities import proto_duration
from experiments.importing.reading import Leaf, Reader, Source, assumed
from experiments.importing.recognising import ENVOY_KEYS
from experiments.language.problems import Place
from experiments.language.tree import EMPTY, Listing, Scalar, Table, shown

HINTS = {
    "connecttimeout": "connections are not modelled: a replica that is gone is 'unreachable' at once",
    "loadassignment": "write how many there are as services.NAME.replicas",
    "healthchecks": "write services.NAME.discovery",
    "retryhostpredicate": "a retry may meet the same replica here",
    "hostselectionretrymaxattempts": "a retry may meet the same replica here",
    "weightedclusters": "write shares as 'routes'",
    "ratelimitedretrybackoff": "replies have no headers here",
    "hedgepolicy": "write 'hedge'",
    "peridletimeout": "connections are not modelled",
    "match": "the policy holds for every call to the cluster: write 'a -> b.operation' for some of them",
}

_ROUTER = "envoy.filters.http.router"
_ADAPTIVE = "envoy.filters.http.adaptive_concurrency"


class _Route(NamedTuple):
    """A route to a cluster: its own keys, those of its virtual host, the adaptive limit before it, and whether it is
    for some requests only."""

    own: Reader
    host: Reader
    adaptive: Block | None
    partial: bool


@dataclass
class _Cluster:
    """What is said of one cluster."""

    own: Reader | None = None
    routes: list[_Route] = field(default_factory=list)


def source() -> Source:
    """What reads the format's keys."""
    return Source(proto_duration, HINTS)


def is_it(root: Table) -> bool:
    """Whether a document is of this format."""
    return bool(set(root.entries) & ENVOY_KEYS) and "kind" not in root.entries


def read(documents: list[Table], found: Source, draft: Draft) -> None:
    """Bring every cluster and route of every document into the draft."""
    clusters: dict[str, _Cluster] = {}
    for document in documents:
        _resources(found.reader(document), clusters, found)
    for name, cluster in clusters.items():
        _policies(name, cluster, found, draft)
    for document in documents:
        found.warn_of_the_rest(document)


def _resources(top: Reader, clusters: dict[str, _Cluster], found: Source) -> None:
    for holder in (top, top.table("static_resources")):
        for listener in holder.items("listeners"):
            _listener(listener, clusters, found)
        for own in holder.items("clusters"):
            _cluster(own, clusters, found)
    top.skip("version_info")
    for resource in [*top.items("resources"), top]:
        resource.skip("@type")
        if "virtual_hosts" in resource:
            _virtual_hosts(resource, None, clusters)
        elif "filter_chains" in resource:
            _listener(resource, clusters, found)
        elif "name" in resource and any(key in resource for key in _OF_A_CLUSTER):
            _cluster(resource, clusters, found)


_OF_A_CLUSTER = ("connect_timeout", "lb_policy", "load_assignment", "circuit_breakers", "outlier_detection", "type")


def _listener(own: Reader, clusters: dict[str, _Cluster], found: Source) -> None:
    own.skip("name")
    for chain in own.items("filter_chains"):
        for entry in chain.items("filters"):
            _connection_manager(entry, clusters, found)


def _cluster(own: Reader, clusters: dict[str, _Cluster], found: Source) -> None:
    own.skip("@type")
    name = own.word("name")
    if name is None:
        found.refuse(own.place, "a cluster has a 'name'")
        return
    clusters.setdefault(str(name.value), _Cluster()).own = own


def _connection_manager(entry: Reader, clusters: dict[str, _Cluster], found: Source) -> None:
    entry.skip("name")
    own = entry.table("typed_config")
    own.skip("@type", "stat_prefix")
    adaptive: Block | None = None
    for part in own.items("http_filters"):
        name = part.word("name")
        if name is not None and name.value == _ADAPTIVE:
            adaptive = _adaptive(part.table("typed_config"), found)
        elif name is not None and name.value == _ROUTER:
            part.skip("typed_config")
    reached = _virtual_hosts(own.table("route_config"), adaptive, clusters)
    if adaptive is not None and len(reached) > 1:
        found.warn(own.place, f"the adaptive limit is one for {', '.join(reached)} there; here each has its own")


def _virtual_hosts(holder: Reader, adaptive: Block | None, clusters: dict[str, _Cluster]) -> list[str]:
    holder.skip("@type", "name")
    reached: dict[str, None] = {}
    for host in holder.items("virtual_hosts"):
        host.skip("name", "domains")
        for entry in host.items("routes"):
            partial = not _all_requests(entry)
            route = entry.table("route")
            for name in _targets(route):
                reached[name] = None
                clusters.setdefault(name, _Cluster()).routes.append(_Route(route, host, adaptive, partial))
    return list(reached)


def _all_requests(entry: Reader) -> bool:
    """Whether every path matches; such a match loses nothing by being left out."""
    entry.skip("name")
    match = entry.tables[0].entries.get("match") if entry.tables else None
    prefix = match.entries.get("prefix") if isinstance(match, Table) and len(match.entries) == 1 else None
    if match is not None and not (isinstance(prefix, Scalar) and prefix.text == "/"):
        return False
    entry.skip("match")
    return True


def _targets(route: Reader) -> list[str]:
    own = route.word("cluster")
    if own is not None:
        return [str(own.value)]
    weighted = route.table("weighted_clusters").items("clusters")
    return [str(leaf.value) for leaf in (entry.word("name") for entry in weighted) if leaf is not None]


# -- policies ---------------------------------------------------------------------------------------------------


def _policies(name: str, cluster: _Cluster, found: Source, draft: Draft) -> None:
    service = safe_name(name)
    base = {} if cluster.own is None else _of_cluster(cluster.own, service, found)
    edge = f"* -> {service}"
    routes: list[_Route | None] = [*sorted(cluster.routes, key=lambda route: route.partial)]
    for route in routes or [None]:
        block: Block = {}
        if route is not None:
            _of_route(route.own, route.host, base, block, found)
        per_try = block.pop("timeout", None)
        block.update({key: value for key, value in base.items() if key != "budget"})
        put(block, per_try, "timeout")
        if route is not None and route.adaptive is not None:  # before the router, so outside timeout and retries
            block = {"stack": [{"adaptive_limit": route.adaptive}, *({key: value} for key, value in block.items())]}
        policy = draft.free_name(service)
        draft.policies[policy] = block
        if not draft.call(edge, policy, f"cluster {name}"):
            found.warn(
                _place(cluster, route),
                f"another route to {name}: its policy {policy} is written, calls have the first one",
            )


def _place(cluster: _Cluster, route: _Route | None) -> Place:
    if route is not None:
        return route.own.place
    return EMPTY.place if cluster.own is None else cluster.own.place


def _of_route(route: Reader, host: Reader, base: Block, block: Block, found: Source) -> None:
    total = route.duration("timeout") or assumed("15s", "Envoy's own timeout of a route")
    if total.value != "0s":  # 0 is none
        put(block, total, "deadline")
    holder = route if "retry_policy" in route else host
    if "retry_policy" not in holder:
        return
    own = holder.table("retry_policy")
    retry: Block = {"preset": assumed("envoy", "Envoy's defaults")}
    put(retry, own.whole("num_retries"), "max_retries")
    retry_on = _retry_on(own, found)
    put(retry, retry_on, "retry_on")
    back_off = own.table("retry_back_off")
    put(retry, back_off.duration("base_interval"), "backoff", "base")
    put(retry, back_off.duration("max_interval"), "backoff", "max")
    if "budget" in base:
        retry["budget"] = base["budget"]
    if retry_on is None:
        found.warn(own.place, "nothing is left to retry on: no retry is written")
    else:
        block["retry"] = retry
    per_try = own.duration("per_try_timeout")
    put(block, per_try if per_try is not None and per_try.value != "0s" else None, "timeout")


def _retry_on(own: Reader, found: Source) -> Leaf | None:
    conditions = own.word("retry_on")
    codes = own.node("retriable_status_codes")
    if conditions is None:
        if codes is not None:
            found.warn(codes.place, "is ignored by Envoy without retry_on: retriable-status-codes: left out")
        return None
    words = str(conditions.value).split(",")
    if isinstance(codes, Listing):
        if "retriable-status-codes" in [word.strip() for word in words]:
            words += [shown(code) for code in codes.items]
        else:
            found.warn(codes.place, "is ignored by Envoy without retry_on: retriable-status-codes: left out")
    return proxies.retried(words, conditions, found)


def _of_cluster(own: Reader, service: str, found: Source) -> Block:
    """Caps, ejection, and a budget for the retries of whatever route."""
    block: Block = {"bulkhead": {"preset": assumed("envoy", "Envoy's defaults: 1024 and 1024")}}
    for threshold in own.table("circuit_breakers").items("thresholds"):
        priority = threshold.word("priority")
        if priority is not None and priority.value != "DEFAULT":
            found.warn(threshold.place, f"priority {priority.value} has no counterpart and was left out")
            threshold.skip(*_CAPS)
            continue
        _caps(threshold, block, found)
    if "outlier_detection" in own:
        outlier = _outlier(own.table("outlier_detection"), found)
        balancer = own.table("common_lb_config")
        put(outlier, balancer.table("healthy_panic_threshold").percent("value"), "panic_threshold")
        put(outlier, balancer.duration("update_merge_window"), "update_merge_window")
        block["outlier"] = outlier
    own.skip("type")
    proxies.balancing(own.word("lb_policy"), service, found)
    return block


_CAPS = ("max_connections", "max_pending_requests", "max_requests", "max_retries", "retry_budget")


def _caps(own: Reader, block: Block, found: Source) -> None:
    requests, connections = own.whole("max_requests"), own.whole("max_connections")
    if requests is not None and connections is not None:
        found.warn(
            connections.place,
            f"is left out beside max_requests; with HTTP/1.1, a request a connection, write limit: "
            f"{min(requests.value, connections.value)}",
        )
    put(block, requests or connections, "bulkhead", "limit")
    put(block, own.whole("max_pending_requests"), "bulkhead", "queue")
    retries = own.whole("max_retries")
    if "retry_budget" in own:
        if retries is not None:
            found.warn(retries.place, "is ignored by Envoy beside a retry_budget: left out")
        share = own.table("retry_budget")
        budget: Block = {"kind": Leaf("envoy", "", share.place)}
        written = share.table("budget_percent").percent("value")
        put(budget, written or assumed("20%", "Envoy's own percentage"), "share")
        put(budget, share.whole("min_retry_concurrency") or assumed(3, "Envoy's own number"), "minimum")
        block["budget"] = budget
    elif retries is not None:
        block["budget"] = {"kind": Leaf("envoy", "", retries.place), "max_retries": retries}


def _outlier(own: Reader, found: Source) -> Block:
    block: Block = {"preset": assumed("envoy", "Envoy's defaults")}
    names = {"5xx": "consecutive_5xx", "base": "base_ejection_time", "most": "max_ejection_percent"}
    proxies.ejection(own, names, block)
    put(block, own.duration("max_ejection_time"), "max_ejection_time")
    put(block, own.flag("always_eject_one_host"), "always_eject_one")
    if not _enforced(own, "enforcing_consecutive_5xx", True, found):
        place = own.place_of("enforcing_consecutive_5xx")
        put(block, assumed(0, "enforcing_consecutive_5xx: 0", place), "consecutive_failures")
    gateway = own.whole("consecutive_gateway_failure")
    if _enforced(own, "enforcing_consecutive_gateway_failure", False, found):
        put(block, gateway or assumed(5, "Envoy's own number"), "consecutive_gateway_failures")
    elif gateway is not None:
        found.warn(gateway.place, "is only counted by Envoy unless enforcing_consecutive_gateway_failure: left out")
    hosts, volume = own.whole("success_rate_minimum_hosts"), own.whole("success_rate_request_volume")
    factor = own.whole("success_rate_stdev_factor")
    if not _enforced(own, "enforcing_success_rate", True, found):
        place = own.place_of("enforcing_success_rate")
        put(block, Leaf("off", f"line {place.line}: enforcing_success_rate: 0", place), "success_rate")
        for leaf in (hosts, volume, factor):
            if leaf is not None:
                found.warn(leaf.place, "changes nothing beside enforcing_success_rate: 0: left out")
        return block
    put(block, hosts, "success_rate", "minimum_hosts")
    put(block, volume, "success_rate", "minimum_requests")
    if factor is not None:
        put(block, Leaf(factor.value / 1000, factor.note, factor.place), "success_rate", "deviations")
    return block


def _enforced(own: Reader, key: str, usual: bool, found: Source) -> bool:
    """Whether a detector ejects; Envoy can do so at a percentage of chances, which is not modelled."""
    leaf = own.whole(key)
    if leaf is None:
        return usual
    if leaf.value not in (0, 100):
        found.warn(leaf.place, f"{leaf.value} % of the ejections has no counterpart: all of them were taken")
    return bool(leaf.value)


def _adaptive(own: Reader, found: Source) -> Block | None:
    """The adaptive concurrency filter, unless it is off."""
    own.skip("@type")
    enabled = own.table("enabled")
    default = enabled.flag("default_value")
    gradient = own.table("gradient_controller_config")
    limits, least = gradient.table("concurrency_limit_params"), gradient.table("min_rtt_calc_params")
    block: Block = {"kind": assumed("envoy", "the adaptive_concurrency filter", own.place)}
    put(block, gradient.table("sample_aggregate_percentile").percent("value"), "percentile")
    put(block, limits.duration("concurrency_update_interval"), "update_interval")
    put(block, limits.whole("max_concurrency_limit"), "max")
    put(block, least.duration("interval"), "min_rtt_interval")
    put(block, least.whole("request_count"), "min_rtt_requests")
    put(block, least.whole("min_concurrency"), "min")
    put(block, least.table("jitter").percent("value"), "jitter")
    put(block, least.table("buffer").percent("value"), "buffer")
    if default is not None and default.value is False:
        found.warn(default.place, "the adaptive limit is off: left out")
        return None
    return block
