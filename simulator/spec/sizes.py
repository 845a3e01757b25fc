"""Sizes of messages and bandwidths: texts with units outside, bytes and bytes per second inside.

Prefixes are those of IEC 80000-13: k, M, G, T are powers of 1000, Ki, Mi, Gi, Ti powers of 1024. A bit is an eighth of
a byte.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from simulator.spec.base import nearest
from simulator.spec.units import LONGEST, NUMBER, above_zero, bare, bare_number, finite, quantity, shown

_BYTES: dict[str, Decimal] = {
    "B": Decimal(1),
    **{f"{prefix}B": Decimal(1000) ** (place + 1) for place, prefix in enumerate(("k", "M", "G", "T"))},
    **{f"{prefix}iB": Decimal(1024) ** (place + 1) for place, prefix in enumerate(("K", "M", "G", "T"))},
}
_BITS: dict[str, Decimal] = {
    f"{prefix}bit": Decimal(1000) ** place / 8 for place, prefix in enumerate(("", "k", "M", "G", "T"))
}
_PER_SECOND: dict[str, Decimal] = {f"{unit}/s": factor for unit, factor in {**_BITS, **_BYTES}.items()}
_WRITTEN = re.compile(rf"^({NUMBER})\s*([A-Za-z]+(?:/[a-z]+)?)$")

SIZE_PATTERN = rf"^{NUMBER}([kMGT]?B|[KMGT]iB)$"
BANDWIDTH_PATTERN = rf"^{NUMBER}([kMGT]?bit|[kMGT]?B|[KMGT]iB)/s$"


def parse_size(text: str | float) -> float:
    """Bytes of ``500B``, ``2kB``, ``1.5MB``, ``3GB``, ``4KiB`` or ``1MiB``, or of 0.

    Raises:
        ValueError: anything else; the text says what to write.
    """
    return _parse(text, _BYTES, "a size", "500B, 2kB, 1MB or 4KiB", "kB")


def parse_bandwidth(text: str | float) -> float:
    """Bytes per second of ``10Mbit/s``, ``1Gbit/s``, ``5MB/s`` or ``10MiB/s``.

    Raises:
        ValueError: anything else; the text says what to write.
    """
    return _parse(text, _PER_SECOND, "a bandwidth", "100Mbit/s, 1Gbit/s or 5MB/s", "Mbit/s")


def _parse(text: str | float, units: dict[str, Decimal], name: str, examples: str, usual: str) -> float:
    plain = bare_number(text)
    if plain == 0:
        return 0.0
    words = shown(text)
    if plain is not None:
        raise ValueError(bare(text, f"write {words}{usual}"))
    if words.startswith("-"):
        raise ValueError(f"{words}: {name} must not be negative")
    found = _WRITTEN.match(words) if len(words) <= LONGEST else None
    if found is not None and found[2] in units and found[0] == found[1] + found[2]:
        return finite(Decimal(found[1]) * units[found[2]], words)
    meant = "" if found is None else _meant(found[2], units)
    advice = f"; did you mean '{found[1]}{meant}'?" if found is not None and meant else f": write one like {examples}"
    raise ValueError(f"{words!r} is not {name}{advice}")


def _meant(unit: str, units: dict[str, Decimal]) -> str:
    """The unit that somebody had in mind who wrote ``KB``, ``Mbps`` or ``Gb/s``; empty where nobody can tell."""
    spelled = re.sub(r"(?<=b)ps$", "/s", unit)
    spelled = re.sub(r"b/s$", "bit/s", spelled)
    same = [known for known in units if known.lower() == spelled.lower()]
    return same[0] if same else nearest(spelled, units)


SizeText = Annotated[str, Field(pattern=SIZE_PATTERN)] | Literal[0]
BandwidthText = Annotated[str, Field(pattern=BANDWIDTH_PATTERN)]

Size = Annotated[float, BeforeValidator(quantity(parse_size, "a size like 2kB"), json_schema_input_type=SizeText)]
"""Bytes, not negative."""

Bandwidth = Annotated[
    float,
    BeforeValidator(quantity(parse_bandwidth, "a bandwidth like 100Mbit/s"), json_schema_input_type=BandwidthText),
    AfterValidator(above_zero),
]
"""Bytes per second, above 0."""
