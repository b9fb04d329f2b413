"""The schema of `fields`: where the parts of a binary message are, and what they are."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge, MinLen
from pydantic import Field, model_validator

from websocket_mock.actors.matching.number_types import NUMBER_TYPES, NumberType
from websocket_mock.actors.matching.schema import Model

MAX_FIELDS = 100
"""The most fields of one layout."""

LENGTH_TYPES = ("uint8", "uint16", "uint16le", "uint32", "uint32le", "varint")
"""The types of a number that stands before bytes or text and gives their length."""

ItemType = Literal[NumberType, "bytes", "text"]

FieldType = Literal[ItemType, "list"]


class ItemField(Model):
    """One part of each item of a list. The parts follow each other in the order of writing."""

    foreign_keys: ClassVar[Mapping[str, str]] = {
        "encoding": "as",
        "size": "length",
        "type": "as",
    }

    as_: ItemType = Field(alias="as", description="its type")
    length: Annotated[int, Ge(0)] | str | None = Field(
        default=None,
        description="of bytes and text: the number of bytes; or the type of the number that "
        "stands before them; or the name of the part before it that has the number",
    )

    @model_validator(mode="after")
    def _check_length(self) -> "ItemField":
        if (self.as_ in NUMBER_TYPES) != (self.length is None):
            raise ValueError("give a `length` for bytes and text, and for nothing else")
        return self


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
        description="of bytes, text and lists: the number of bytes; or the type of the number that "
        "stands before them (uint8, uint16, uint32, the same with le, varint); or the name of the "
        "field that has the number; default: the rest of the message",
    )
    of: Annotated[dict[str, ItemField], MinLen(1)] | None = Field(
        default=None, description="of a list: the parts of each item, in their order"
    )

    @model_validator(mode="after")
    def _check_place(self) -> "BinaryField":
        if (self.at is None) == (self.after is None):
            raise ValueError("give exactly one of at and after")
        if self.length is not None and self.as_ in NUMBER_TYPES:
            raise ValueError(f"`length` goes with bytes and text; {self.as_} has its own length")
        if (self.as_ == "list") != (self.of is not None):
            raise ValueError("give `of` for a list, and for nothing else")
        return self
