"""What every test gets: no display, and property tests that find the same examples on every machine."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

os.environ.setdefault("MPLBACKEND", "Agg")

# Derandomised, so that a red test is red for everybody; `--hypothesis-profile explore` looks for new examples.
# No deadline: on a machine with two busy cores it would measure the neighbours.
settings.register_profile(
    "callsim",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=50,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("explore", settings.get_profile("callsim"), derandomize=False, max_examples=1000)
settings.load_profile("callsim")
