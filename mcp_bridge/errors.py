"""From our errors to what a model reads: the cause, and what to do next."""

from collections.abc import Iterator
from contextlib import contextmanager

from fastmcp.exceptions import ToolError

from websocket_mock.actors.kernel.errors import ActorError, AskTimeout
from websocket_mock.actors.values.namespaces import BadNamespace, TooManyNamespaces

NEXT_STEP = "Call get_websocket_server_status to see which part does not answer, then try again."


@contextmanager
def translated() -> Iterator[None]:
    """Turn the errors of actors, and those about namespaces, into tool errors.

    Raises:
        ToolError: with the cause and the next step.
    """
    try:
        yield
    except AskTimeout as error:
        raise ToolError(f"The server is busy: {error}. {NEXT_STEP}") from error
    except (BadNamespace, TooManyNamespaces) as error:
        raise ToolError(f"namespace: {error}.") from error
    except ActorError as error:
        raise ToolError(f"A part of the server has stopped: {error}. {NEXT_STEP}") from error
