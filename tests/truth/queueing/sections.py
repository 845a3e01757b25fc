"""The queueing half of the suite."""

from __future__ import annotations

from tests.truth.cases import Section
from tests.truth.queueing import (
    closed,
    disciplines,
    failures,
    forks,
    impatience,
    laws,
    losses,
    networks,
    one_server,
    overload,
    several_servers,
    without_formula,
)

QUEUEING: tuple[Section, ...] = (
    one_server.SECTION,
    several_servers.SECTION,
    losses.SECTION,
    laws.SECTION,
    disciplines.SECTION,
    networks.SECTION,
    closed.SECTION,
    forks.SECTION,
    impatience.SECTION,
    failures.SECTION,
    overload.SECTION,
    without_formula.SECTION,
)
