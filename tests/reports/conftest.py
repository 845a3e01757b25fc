"""Charts are drawn once for all tests that only look at them."""

from __future__ import annotations

from pathlib import Path

import pytest

from reports.chart_file import ChartFile
from reports.charts.draw import draw_charts
from reports.evidence import Evidence
from tests.reports import sample

Drawn = tuple[Evidence, list[ChartFile]]


@pytest.fixture(scope="session")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    """A sweep over two axes and its charts."""
    evidence = sample.two_axes()
    return evidence, draw_charts(evidence, _folder(tmp_path_factory))


@pytest.fixture(scope="session")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    """Two variants, two workloads, three faults, and their charts."""
    evidence = sample.checkout(("sync", "queue"), replications=5)
    return evidence, draw_charts(evidence, _folder(tmp_path_factory))


def _folder(factory: pytest.TempPathFactory) -> Path:
    return factory.mktemp("results") / "charts"
