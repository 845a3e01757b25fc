"""Availability: services in series, replicas of which one or some are needed, and retries of what is in series."""

from __future__ import annotations

from collections.abc import Sequence

from tests.truth.cases import Check, Model, Section
from tests.truth.figures import metric
from tests.truth.pooling import counted

AVAILABLE = metric("ask", "availability")
ALMOST_ALWAYS = counted("ask", "availability")


def services(number: int, errors: str, steps: str, rate: int, more: str = "") -> str:
    """An experiment whose front asks, by ``steps``, so many services that fail independently."""
    failing = [f"  s{place}: {_service(errors)}\n" for place in range(number)]
    return f"""
services:
  front: {{workers: unlimited, operations: {{ask: {{steps: [{steps}]}}}}}}
{"".join(failing)}
workload: [{{call: front.ask, arrivals: {{process: poisson, rate: {rate}/s}}}}]
run: {{duration: 20s, replications: 20, record: summary, window: 20s}}
{more}"""


def _service(errors: str) -> str:
    return f"{{workers: unlimited, operations: {{get: {{work: 0ms, server_errors: {errors}}}}}}}"


def calls(number: int) -> str:
    """The calls of all of them."""
    return ", ".join(f"{{call: s{place}.get}}" for place in range(number))


def _model(name: str, text: str, checks: Sequence[Check]) -> Model:
    return Model(name=name, text=text, checks=tuple(checks))


SECTION = Section(
    title="Availability",
    models=(
        _model(
            "series_of_10",
            services(10, "0.1%", calls(10), rate=1000),
            [Check("series_a0.999_n10", AVAILABLE, precision=0.002)],
        ),
        _model(
            "series_of_30",
            services(30, "1%", calls(30), rate=500),
            [Check("series_a0.99_n30", AVAILABLE, precision=0.012)],
        ),
        _model(
            "one_of_2",
            services(2, "1%", f"{{parallel: {{until: any, steps: [{calls(2)}]}}}}", rate=1000),
            [Check("parallel_2", AVAILABLE, precision=0.0002, interval=ALMOST_ALWAYS)],
        ),
        _model(
            "three_of_5",
            services(5, "5%", f"{{parallel: {{until: 3, steps: [{calls(5)}]}}}}", rate=500),
            [Check("kofn_3of5", AVAILABLE, precision=0.0006, interval=ALMOST_ALWAYS)],
        ),
        _model(
            "series_with_retries",
            services(10, "1%", calls(10), rate=500, more="calls: {default: {retry: {max_retries: 2}}}"),
            [Check("series_retry", AVAILABLE, precision=0.0001, interval=ALMOST_ALWAYS)],
        ),
    ),
)
