"""Two results folders of the same experiment, before and after a change."""

from __future__ import annotations

from experiments.results.comparing.folders import Changed, changed
from experiments.results.comparing.sound import NotComparable

__all__ = ["Changed", "NotComparable", "changed"]
