"""Turns the errors of the service into tool errors, whose text the model reads."""

from collections.abc import Iterator
from contextlib import contextmanager

from fastmcp.exceptions import ToolError

from websocket_mock.mcp_bridge.service.errors import ServiceError


@contextmanager
def translated() -> Iterator[None]:
    """Turn the errors of the service into tool errors with the same text.

    Raises:
        ToolError: the service refused the call, or could not answer.
    """
    try:
        yield
    except ServiceError as error:
        raise ToolError(str(error)) from error
