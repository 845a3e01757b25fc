"""The queueing half of the suite."""

from __future__ import annotations

from tests.truth.cases import Section
from tests.truth.queueing import one_server

QUEUEING: tuple[Section, ...] = (one_server.SECTION,)
