"""Keys, caches and stickiness, as a file writes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.language.building import problems, scenario

SHOP = """
keys: {item: {dist: zipf, n: 100, s: 0.9}, shelf: {dist: uniform, n: 5}}
services:
  app:
    workers: 9
    balancing: {kind: random, sticky: item}
    operations:
      view:
        key: item
        steps: [{cached: {name: goods, ttl: 60s, steps: [{call: database.get}]}}]
      list:
        steps: [{cached: {name: goods, ttl: 1m, sliding: false, steps: [{work: 1ms}, {call: database.get}]}}]
  database: {workers: 9, operations: {get: {work: 1ms}}}
routes: {old: {on: app, prefix: /, sticky: shelf, split: {a: {to: database.get, share: 1}}}}
workload: [{call: app.view, key: shelf, arrivals: {process: poisson, rate: 1/s}}]
faults: [{kind: flush, target: "cache:goods", at: 10s}]
objectives: {"cache:goods": {hit_ratio: 50%}, "service:app": {hit_ratio: {at_least: 10%}}}
run: {duration: 1m}
"""


def test_it_is_accepted_as_the_language_has_it(tmp_path: Path) -> None:
    assert problems(tmp_path, SHOP) == []
    spec = scenario(tmp_path, SHOP).experiment
    assert (spec.faults[0].at, spec.faults[0].end) == (10.0, 10.0)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("services.app.operations.view.key=itme", "there are no keys 'itme'; did you mean 'item'?"),
        ("workload.view.key=user", "there are no keys 'user'; there are: item, shelf"),
        ("services.app.balancing.sticky=user", "there are no keys 'user'"),
        ("routes.old.sticky=user", "there are no keys 'user'"),
        ("faults.flush.target=cache:god", "there is no cache 'god'; did you mean 'goods'?"),
        ("faults.flush.target=app", "this fault cannot hit the service 'app': write cache:c"),
        ('objectives={"cache:god": {hit_ratio: 50%}}', "there is no cache 'god'"),
        ("services.app.operations.list.steps[0].cached.ttl=61s", "a cache has one ttl"),
        ("services.app.operations.list.steps[0].cached.capacity=5", "a cache has one capacity"),
        ("services.app.operations.list.steps=[{cached: {name: x, sliding: true, steps: [{work: 1s}]}}]", "needs a ttl"),
        ("services.app.operations.list.steps=[{cached: {name: x, steps: []}}]", "must not be empty"),
        ("keys.item.s=none", "missing"),
        ("services.app.operations.list.steps[0].cached.steps[1].call=database.gte", "no operation 'gte'"),
    ],
)
def test_what_leads_nowhere_is_refused_with_a_hint(tmp_path: Path, path: str, said: str) -> None:
    found = problems(tmp_path, SHOP, path)
    assert any(said in entry for entry in found), found


def test_a_cycle_through_a_cache_is_endless_as_if_it_were_empty(tmp_path: Path) -> None:
    text = SHOP.replace("{get: {work: 1ms}}", "{get: {steps: [{call: app.view}]}}")
    assert any("round without end" in entry for entry in problems(tmp_path, text))
