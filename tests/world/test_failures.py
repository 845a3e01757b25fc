"""Failures at random: `catalog:repair-crews`, shortened."""

from __future__ import annotations

from tests.support import play_catalog


def errors(variant: str) -> float:
    return play_catalog("repair-crews", "run.duration=1h", variant=variant).figure("get", "error_rate")


def test_one_crew_for_five_leaves_more_replicas_down_and_health_checks_hide_most_of_it() -> None:
    every, one, checked = (errors(variant) for variant in ("five_crews", "one_crew", "one_crew_checked"))
    assert 0.05 < every < one < 0.25
    assert checked < 0.5 * every
