"""The scale for calls per second: what SimPy does when it does nothing but fire one timeout after another.

Prints one line of JSON: the timeouts fired.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Generator

import simpy


def ticker(env: simpy.Environment, count: int) -> Generator[simpy.Event, object, None]:
    """Waits `count` times for one second."""
    for _ in range(count):
        yield env.timeout(1.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=3_000_000, help="timeouts to fire")
    options = parser.parse_args()
    env = simpy.Environment()
    env.process(ticker(env, options.count))
    env.run()
    print(json.dumps({"timeouts": int(env.now)}))


if __name__ == "__main__":
    main()
