"""The schema of `fields`: where the parts of a binary message are, and what they are."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge
from pydantic import Field, model_validator

from websocket_mock.actors.matching.number_types import NUMBER_TYPES, NumberType
from websocket_mock.actors.matching.schema import Model

MAX_FIELDS = 100
"""The most fields of one layout."""

FieldType = Literal[NumberType, "bytes", "text"]


class BinaryField(Model):
    """One part of a binary message. It has exactly one of at and after."""

    foreign_keys: ClassVar[Mapping[str, str]] = {
        "encoding": "as",
        "offset": "at",
        "size": "length",
        "type": "as",
    }

    at: int | None = Field(
        default=None,
        description="its offset in bytes, from 0; a negative one counts from the end",
    )
    after: str | None = Field(default=None, description="the field that it follows")
    as_: FieldType = Field(alias="as", description="its type")
    length: Annotated[int, Ge(0)] | str | None = Field(
        default=None,
        description="of bytes and text: the number of bytes; or the type of the number that "
        "stands before them (uint8, uint16, uint32, the same with le, varint); or the name of the "
        "field that has the number; default: the rest of the message",
    )

    @model_validator(mode="after")
    def _check_place(self) -> "BinaryField":
        if (self.at is None) == (self.after is None):
            raise ValueError("give exactly one of at and after")
        if self.length is not None and self.as_ in NUMBER_TYPES:
            raise ValueError(f"`length` goes with bytes and text; {self.as_} has its own length")
        return self
