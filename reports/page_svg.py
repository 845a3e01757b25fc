"""Charts for the page: vectors placed inside it, with its own colours, so that they follow light and dark."""

from __future__ import annotations

import re
from collections.abc import Mapping

_PROLOGUE = re.compile(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<metadata>.*?</metadata>|<!--.*?-->", re.DOTALL)
_ROOT = re.compile(r"<svg\b[^>]*?viewBox=\"(?P<box>[^\"]+)\"[^>]*>", re.DOTALL)
_ID = re.compile(r"\bid=\"(?P<name>[^\"]+)\"")
_REFERENCE = re.compile(r"(?P<before>\b(?:xlink:)?href=\"|url\()#(?P<name>[^\")]+)")


def inline_svg(text: str, prefix: str, neutrals: Mapping[str, str]) -> str:
    """Return an SVG file's text as an element to place inside a page.

    Args:
        text: the file as matplotlib writes it.
        prefix: put before every id, for the ids of several pictures must not meet on one page.
        neutrals: colour to the page's variable that takes its place.

    Returns:
        One ``<svg>`` element that holds no address, as wide as the page allows.
    """
    body = _PROLOGUE.sub("", text)
    body = _ROOT.sub(r'<svg viewBox="\g<box>" aria-hidden="true" focusable="false">', body, count=1)
    body = _ID.sub(rf'id="{prefix}-\g<name>"', body)
    body = _REFERENCE.sub(rf"\g<before>#{prefix}-\g<name>", body).replace("xlink:href", "href")
    for colour, variable in neutrals.items():
        body = body.replace(colour, f"var({variable})")
    return body.strip()
