"""The common ground of all specs: frozen models that know their keys and say which one was probably meant.

A spec is documentation, defaults, validation and settings in one. Validated from a file (context `FROM_FILE`)
quantities need their units; built in Python they are seconds, per second and fractions.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError, PydanticKnownError

FROM_FILE: Mapping[str, bool] = {"file": True}
"""Validation context of data read from a file: a bare number is no duration and no rate there."""

PARTIAL: Mapping[str, bool] = {"file": True, "partial": True}
"""Context of an entry that other entries complete (`policies`, `calls`): nothing in it is required."""

Count = Annotated[int, Field(strict=True, ge=1)]
"""A whole number from 1."""

Natural = Annotated[int, Field(strict=True, ge=0)]
"""A whole number from 0."""

Flag = Annotated[bool, Field(strict=True)]
"""true or false, and no other word for them."""


def _plain_number(value: Any) -> Any:
    if isinstance(value, (bool, str)):
        raise PydanticCustomError("number", "must be a number")
    return value


Positive = Annotated[float, BeforeValidator(_plain_number), Field(gt=0, allow_inf_nan=False)]
"""A number above 0, without unit."""

NotNegative = Annotated[float, BeforeValidator(_plain_number), Field(ge=0, allow_inf_nan=False)]
"""A number from 0, without unit."""


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that is most like ``word``, or an empty text where none is like it."""
    matches = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return matches[0] if matches else ""


def hint(word: str, known: Iterable[str]) -> str:
    """A question to end a message with: ``; did you mean 'workers'?``, or nothing."""
    best = nearest(word, known)
    return f"; did you mean '{best}'?" if best else ""


def in_file(info: ValidationInfo) -> bool:
    """Whether the value comes from a file."""
    return bool(info.context and info.context.get("file"))


def is_partial(info: ValidationInfo) -> bool:
    """Whether what is missing may still come from another entry."""
    return bool(info.context and info.context.get("partial"))


class Spec(BaseModel):
    """A frozen model whose unknown keys are reported one by one, with the nearest key that exists."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False)

    @classmethod
    def keys(cls) -> list[str]:
        """The keys that a file may write here."""
        return [field.alias or name for name, field in cls.model_fields.items() if not field.exclude]

    @model_validator(mode="wrap")
    @classmethod
    def _only_known_keys(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if not isinstance(data, Mapping):
            return handler(data)
        known = {*cls.keys(), *cls.model_fields}
        errors = [cls._unknown(key, value) for key, value in data.items() if key not in known]
        if not errors:
            return handler(data)
        try:
            handler({key: value for key, value in data.items() if key in known})
        except ValidationError as error:
            errors.extend(_again(detail) for detail in error.errors())
        raise ValidationError.from_exception_data(cls.__name__, errors)

    @classmethod
    def _unknown(cls, key: Any, value: Any) -> InitErrorDetails:
        known = cls.keys()
        words = {"hint": hint(str(key), known) or f"; known here: {', '.join(known)}"}
        kind = PydanticCustomError("unknown_key", "unknown key{hint}", words)
        return InitErrorDetails(type=kind, loc=(key,), input=value)

    def require(self, info: ValidationInfo, *names: str) -> None:
        """Raises an error for the first of ``names`` that was not written, unless the entry is partial."""
        for name in names:
            if name not in self.model_fields_set and not is_partial(info):
                raise PydanticCustomError("missing_key", "'{name}' is missing", {"name": name})


def _again(detail: Any) -> InitErrorDetails:
    """An error as a value that can be raised again: pydantic's own kinds by name, ours with their text."""
    kind: PydanticCustomError | str
    try:
        PydanticKnownError(detail["type"], detail.get("ctx"))
        kind = detail["type"]
    except (KeyError, TypeError):
        kind = PydanticCustomError(detail["type"], "{text}", {**detail.get("ctx", {}), "text": detail["msg"]})
    return InitErrorDetails(type=kind, loc=detail["loc"], input=detail["input"], ctx=detail.get("ctx", {}))
