"""Faults as a file has them, in short."""

from __future__ import annotations

from typing import Any


def fault(kind: str, target: str, at: float, seconds: float, **more: Any) -> dict[str, Any]:
    """A fault at a stated time."""
    return {"name": f"{kind} {target} {at}", "kind": kind, "target": target, "at": at, "for": seconds, **more}


def errors(until: float) -> dict[str, Any]:
    """Every handler fails that ends before `until`."""
    return fault("errors", "desk", 0.0, until, share=1.0)
