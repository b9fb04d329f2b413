"""Bytes instead of a message."""

from random import Random
from typing import Any

from pydantic import ConfigDict, model_serializer, model_validator

from websocket_mock.actors.faults.kind import FrameFault
from websocket_mock.actors.faults.parcels import Item
from websocket_mock.actors.matching.units import parse_bytes
from websocket_mock.actors.values.effects import SendRaw


def _as_text(schema: dict[str, Any]) -> None:
    """Tell editors that it is written as a text."""
    schema.clear()
    schema["type"] = "string"


class Raw(FrameFault):
    """These bytes are sent unchanged instead of the message. They are written as a text."""

    model_config = ConfigDict(json_schema_extra=_as_text)

    key = "raw"
    summary = "these bytes are sent unchanged instead of it"
    needs_parameters = True

    data: str

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:  # noqa: ANN401 - whatever the user wrote
        if not isinstance(value, str):
            raise ValueError("give the bytes as hex:… or base64:…")  # noqa: TRY004 - for pydantic
        parse_bytes(value)
        return {"data": value}

    @model_serializer
    def _to_text(self) -> str:
        return self.data

    def frames(self, item: Item, random: Random) -> SendRaw:  # noqa: ARG002 - the base's signature
        """Return the bytes."""
        return SendRaw((parse_bytes(self.data),))
