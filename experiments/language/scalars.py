"""Plain values of the YAML 1.2 core schema. ``off``, ``12:30`` and ``010`` are text."""

from __future__ import annotations

import math
import re

_INTEGER = re.compile(r"^[-+]?(0|[1-9][0-9]*)$")
_OTHER_BASE = re.compile(r"^0(o[0-7]+|x[0-9a-fA-F]+)$")
_FLOAT = re.compile(r"^[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")
_SPECIAL = re.compile(r"^([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("null", "Null", "NULL", "~", ""), None),
}
_MOST_DIGITS = 40


def read_scalar(text: str) -> str | int | float | bool | None:
    """The value of an unquoted text.

    Raises:
        ValueError: infinity, not-a-number, a number too large, or nothing at all.
    """
    if text in _WORDS:
        if _WORDS[text] is None:
            raise ValueError("nothing is written here: write a value, {} for an empty mapping, or remove the key")
        return _WORDS[text]
    if _SPECIAL.match(text):
        raise ValueError("must be a finite number; put it in quotes if it is text")
    if _OTHER_BASE.match(text) and len(text) <= _MOST_DIGITS:
        return int(text, 0)
    if not _FLOAT.match(text):
        return text
    number = float(text)
    if not math.isfinite(number) or len(text) > _MOST_DIGITS:
        raise ValueError("is too large a number")
    return int(text) if _INTEGER.match(text) else number
