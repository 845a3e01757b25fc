"""What a file looks like, for whoever took it for something else."""

from __future__ import annotations

from experiments.language.tree import Node, Scalar, Table, text

_MESH = ("networking.istio.io", "security.istio.io", "telemetry.istio.io")


def looks_like(document: Node) -> str:
    """What a document is, with its article, or what can be said of it."""
    if isinstance(document, Scalar):
        return "plain text, such as a .properties file"
    if not isinstance(document, Table):
        return "a list"
    keys = set(document.entries)
    kind, version = text(document.entries.get("kind")), text(document.entries.get("apiVersion"))
    if kind and version:
        return _resource(kind, version)
    first = {key.split(".")[0] for key in keys}
    known = (
        ("resilience4j" in first, "a resilience4j configuration (Spring's application.yml)"),
        ("vectors" in keys, "a record for 'callsim replay'"),
        (bool(keys & {"methodConfig", "loadBalancingConfig", "retryThrottling"}), "a gRPC service config"),
        (bool(keys & ENVOY_KEYS), "an Envoy configuration"),
        ("services" in keys and bool(keys & {"workload", "run"}), "a callsim experiment"),
        ("services" in keys, "a Docker Compose file"),
        (bool(first & {"spring", "management", "server"}), "a Spring configuration without resilience4j"),
    )
    for holds, what in known:
        if holds:
            return what
    return f"a mapping with the keys {', '.join(list(document.entries)[:5])}" if keys else "an empty mapping"


ENVOY_KEYS = {
    "static_resources",
    "staticResources",
    "dynamic_resources",
    "clusters",
    "virtual_hosts",
    "virtualHosts",
    "listeners",
    "resources",
    "@type",
}


def _resource(kind: str, version: str) -> str:
    owner = "Istio" if version.startswith(_MESH) else "Kubernetes"
    article = "an" if owner == "Istio" else "a"
    return f"{article} {owner} {kind}"
