"""What the figures were measured on: without it a benchmark cannot be compared with another."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

CPU_INFO = Path("/proc/cpuinfo")


def facts() -> dict[str, str | int | float]:
    """The machine and the versions that matter; nothing that names a person, a host or a folder."""
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "system": platform.system(),
        "architecture": platform.machine(),
        "cpu": cpu_model(),
        "cores": os.cpu_count() or 1,
        "load_before": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else -1.0,
        **{name: version(name) for name in ("callsim", "simpy", "ciw", "numpy")},
    }


def cpu_model() -> str:
    """The processor's own name where the system tells it, else its architecture."""
    if CPU_INFO.exists():
        for line in CPU_INFO.read_text(encoding="utf-8").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()
