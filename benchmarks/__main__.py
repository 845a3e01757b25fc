"""The command behind ``make bench``: runs everybody in turn, prints ratios, and keeps the figures as JSON."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import figures, machine, policies, unused
from benchmarks.contestants import Contestant, Run, Sizes, contestants, cost_of, lengthened

FULL = Sizes(horizon=3000.0, replications=2, timeouts=3_000_000, checkout=("--set=run.duration=4m",), policies=10_000)
QUICK = Sizes(horizon=600.0, replications=4, timeouts=500_000, checkout=("--variant=sync",), policies=2_000)
RESULTS = Path(__file__).parent / "results"


def main() -> int:
    options = _options()
    facts = machine.facts()
    print(", ".join(f"{name} {value}" for name, value in facts.items()))
    with tempfile.TemporaryDirectory(prefix="callsim-bench-") as folder:
        sizes = QUICK if options.quick else lengthened(FULL, Path(folder))
        everybody = contestants(sizes, Path(folder))
        rounds = [_round(everybody, number, options.repeats) for number in range(1, options.repeats + 1)]
    print("\n".join(figures.table(rounds, everybody)), end="\n\n", flush=True)
    print("  policies ...", file=sys.stderr, flush=True)
    costs = cost_of("policies", options.repeats, sizes.policies)
    print("\n".join(policies.table(costs["ratios"], costs["bare"])), end="\n\n", flush=True)
    print("  what is not used ...", file=sys.stderr, flush=True)
    idle = cost_of("unused", options.repeats, sizes.policies)
    print("\n".join(unused.table(idle["ratios"])))
    found = {**figures.record(rounds), "policies": costs, "unused": idle}
    path = _store({"machine": facts, "sizes": asdict(sizes), **found})
    print(f"\nkept in {path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path}")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--repeats", type=int, default=5, help="rounds; every figure is a median over them")
    parser.add_argument("--quick", action="store_true", help="small sizes: a look, with start-up in every figure")
    options = parser.parse_args()
    if options.repeats < 1:
        parser.error("--repeats must be at least 1")
    return options


def _round(everybody: list[Contestant], number: int, of: int) -> dict[str, Run]:
    """One run of each; every other round goes backwards, so that a machine that tires tires for all."""
    order = everybody if number % 2 else everybody[::-1]
    found: dict[str, Run] = {}
    for contestant in order:
        if contestant.yardstick_of:
            continue
        yardsticks = [other for other in order if other.yardstick_of == contestant.name]
        for runner in (*yardsticks, contestant, *yardsticks[::-1]):
            print(f"  round {number} of {of}: {runner.name} ...", file=sys.stderr, flush=True)
            run = runner.run(number)
            found[runner.name] = found[runner.name] + run if runner.name in found else run
    return found


def _store(content: dict[str, object]) -> Path:
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{datetime.now(UTC):%Y%m%d-%H%M%S}.json"
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return path


if __name__ == "__main__":
    sys.exit(main())
