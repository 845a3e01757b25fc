"""Which keys of the file may change during a run (`changes`): their fields are marked, and the schema says so too."""

from __future__ import annotations

from typing import Any

from pydantic import GetJsonSchemaHandler
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema


class _Live:
    """The mark of a field that a change may set, with everything below it: ``x-live: true`` in the JSON Schema."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(core), "x-live": True}


LIVE = _Live()
"""Put into a field's `Annotated`: a change may set it, and everything below it."""


def is_live(field: FieldInfo) -> bool:
    """Whether a field is marked."""
    return any(isinstance(entry, _Live) for entry in field.metadata)
