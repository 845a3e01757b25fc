"""What the executions of a service share: stock, rows, and copies of another service's rows."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from simulator.spec.base import Natural, Spec
from simulator.spec.policies.words import OPERATION_PATTERN


def _row_name(value: str) -> str:
    if not re.fullmatch(OPERATION_PATTERN, value):
        raise PydanticCustomError("row", "must be written service.row")
    return value


RowName = Annotated[str, Field(max_length=401), AfterValidator(_row_name)]
"""``service.row``."""


class StateSpec(Spec):
    """A stock of ``quantity`` units, or without it a row: one, or with ``key`` (of the experiment's `keys`) one for
    each key. ``copy_of: service.row`` makes it a copy of that row, which a `write` brings up to the version that its
    request carries. ``apply`` says what becomes of a version older than the copy's own: ``newest`` passes it over (the
    last writer wins), ``always`` puts the old value back."""

    quantity: Natural | None = None
    key: str | None = None
    copy_of: RowName | None = None
    apply: Literal["newest", "always"] = "newest"

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        for wrong, text in (
            (self.quantity is not None and self.key is not None, "key: belongs to rows; a stock has none"),
            (self.quantity is not None and self.copy_of is not None, "copy_of: belongs to rows; a stock has no copies"),
            (self.copy_of is not None and self.key is not None, "key: a copy has the key of what it is a copy of"),
            ("apply" in self.model_fields_set and self.copy_of is None, "apply: belongs to a copy: write copy_of too"),
        ):
            if wrong:
                raise PydanticCustomError("state", "{text}", {"text": text})
        return self

    @property
    def original(self) -> tuple[str, str]:
        """Service and row that this is a copy of; two empty texts where it is none."""
        service, _, row = (self.copy_of or "").partition(".")
        return service, row
