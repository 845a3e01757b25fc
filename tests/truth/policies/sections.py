"""The half of the suite that is about policies and styles."""

from __future__ import annotations

from tests.truth.cases import Section
from tests.truth.policies import availability, breakers, limits, overload, retries, sagas, social_network, tails

POLICIES: tuple[Section, ...] = (
    retries.SECTION,
    overload.SECTION,
    tails.SECTION,
    breakers.SECTION,
    limits.SECTION,
    availability.SECTION,
    sagas.SECTION,
    social_network.SECTION,
)
