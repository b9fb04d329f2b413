"""The errors of the verbs. Each text says what is wrong and what to do.

ServiceError
├── BadArgument       an argument cannot be used
├── NotFound          what was named does not exist
├── NotPossible       the server cannot do it in its current state
└── NoAnswer          a part of the server did not answer in time, or has stopped
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

from pydantic import BaseModel

from websocket_mock.actors.kernel.errors import ActorError, AskTimeout
from websocket_mock.actors.matching.matchers import BadMatcher
from websocket_mock.actors.values.namespaces import BadNamespace, TooManyNamespaces

P = ParamSpec("P")
R = TypeVar("R")

NEXT_STEP = "Call get_websocket_server_status to see which part does not answer, then try again."


class ServiceError(Exception):
    """Base of every error that a verb raises on purpose. Its text is for the caller."""

    result: BaseModel | None = None
    """What the verb can return all the same."""


class BadArgument(ServiceError):
    """Raised when an argument cannot be used."""


class NotFound(ServiceError):
    """Raised when what was named does not exist."""


class NotPossible(ServiceError):
    """Raised when the server cannot do it in its current state."""


class NoAnswer(ServiceError):
    """Raised when a part of the server did not answer in time, or has stopped."""


def verb(function: Callable[P, R]) -> Callable[P, R]:
    """Make a function raise only `ServiceError` for the errors that callers must expect."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        with _translated():
            return function(*args, **kwargs)

    return call


@contextmanager
def argument(name: str) -> Iterator[None]:
    """Read an argument; an error names it.

    Raises:
        BadArgument: in place of a `ValueError`, with its text.
    """
    try:
        yield
    except ValueError as error:
        raise BadArgument(f"{name}: {error}.") from None


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except AskTimeout as error:
        raise NoAnswer(f"The server is busy: {error}. {NEXT_STEP}") from error
    except ActorError as error:
        raise NoAnswer(f"A part of the server has stopped: {error}. {NEXT_STEP}") from error
    except BadNamespace as error:
        raise BadArgument(f"namespace: {error}.") from error
    except TooManyNamespaces as error:
        raise NotPossible(f"namespace: {error}.") from error
    except BadMatcher as error:
        raise BadArgument(f"The conditions are not valid: {error}.") from error
