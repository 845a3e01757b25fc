"""Where messages travel from: a service, or the part of it that is in one zone."""

from __future__ import annotations

from simulator.spec.network import ZONE


def site_of(service: str, zone: str) -> str:
    """What messages of a service's replicas in a zone travel from. No service has such a name: names hold no [."""
    return f"{service}[{ZONE}{zone}]" if zone else service
