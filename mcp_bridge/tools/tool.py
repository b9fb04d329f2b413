"""A tool: its name, its texts, its arguments, and the function that runs it. It knows no skin.

MCP and REST offer the same tools. Each skin describes them in its own format and calls `Tool.run`.
"""

import inspect
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Concatenate, ParamSpec, get_type_hints

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from websocket_mock.actors.documents.problems import problems_of
from websocket_mock.mcp_bridge.service.errors import BadArgument
from websocket_mock.mcp_bridge.service.gateway import Gateway, ProgressCallback
from websocket_mock.mcp_bridge.service.status import Identity
from websocket_mock.mcp_bridge.tools.parameters import read_json_text

P = ParamSpec("P")


class Effect(Enum):
    """What a tool does to the server and its clients."""

    READS = "reads"
    SENDS = "sends"
    CHANGES = "changes"


def say_nothing(_done: int, _total: int) -> None:
    """Report no progress."""


@dataclass(frozen=True, slots=True)
class Call:
    """What a tool works with, besides its arguments.

    Args:
        gateway: gives access to the actors.
        identity: how the server introduces itself.
        gone: set when the caller has left; a tool that waits then ends within a second.
        report: called with the clients that are done and all clients, on the tool's thread.
    """

    gateway: Gateway
    identity: Identity
    gone: threading.Event = field(default_factory=threading.Event)
    report: ProgressCallback = say_nothing


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool. Immutable; any thread.

    Args:
        name: the name of the tool.
        title: a short name for people.
        description: what it does, with an example; for models and people.
        effect: what it does to the server.
        is_long: whether it may block for longer than a few seconds.
        arguments: the model of its arguments.
        result: the model of its result.
        types: the types of the arguments by their names, for error texts.
        function: runs it with the values of its arguments.
    """

    name: str
    title: str
    description: str
    effect: Effect
    is_long: bool
    arguments: type[BaseModel]
    result: type[BaseModel]
    types: Mapping[str, Any]
    function: Callable[..., BaseModel]

    def run(self, call: Call, given: Mapping[str, Any]) -> BaseModel:
        """Check the arguments, and run the tool. Blocks; not on an event loop's thread.

        Raises:
            ServiceError: an argument cannot be used, or the tool cannot do what it should.
        """
        return self.function(call, **self.read_arguments(given))

    def read_arguments(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of the arguments that are given.

        Raises:
            BadArgument: one cannot be used; the text has its place.
        """
        try:
            read = self.arguments.model_validate(given)
        except ValidationError as error:
            # Some clients send an object as JSON text.
            values = {name: read_json_text(value) for name, value in given.items()}
            problems = problems_of(error, values, self.types)
            raise BadArgument("\n".join(map(str, problems))) from None
        return {name: getattr(read, name) for name in read.model_fields_set}


def tool(
    title: str, effect: Effect, *, is_long: bool = False
) -> Callable[[Callable[Concatenate[Call, P], BaseModel]], Tool]:
    """Make a tool of a function.

    Its name, docstring and annotated parameters describe the tool. The first parameter is the
    `Call`; the others are the arguments.
    """

    def make(function: Callable[Concatenate[Call, P], BaseModel]) -> Tool:
        hints = get_type_hints(function, include_extras=True)
        result = hints.pop("return")
        _, *parameters = inspect.signature(function).parameters.values()
        types = {one.name: hints[one.name] for one in parameters}
        fields: dict[str, Any] = {
            one.name: (types[one.name], ... if one.default is one.empty else one.default)
            for one in parameters
        }
        return Tool(
            name=function.__name__,
            title=title,
            description=inspect.getdoc(function) or "",
            effect=effect,
            is_long=is_long,
            arguments=create_model(function.__name__, __base__=_Arguments, **fields),
            result=result,
            types=types,
            function=function,
        )

    return make
