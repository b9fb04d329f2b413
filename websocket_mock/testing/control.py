"""How the Python API reaches the tools: in this process, or over REST."""

import re
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from websocket_mock.testing.errors import MockError

if TYPE_CHECKING:
    from websocket_mock.actors.conversation.own_code import Function

Result = dict[str, Any]
"""The result of a tool: the JSON that MCP and REST give, too."""


class Control(Protocol):
    """Calls tools of one server. Any thread except an actor's."""

    address: str
    """Where the server is, for error texts."""
    runs_code: bool
    """Whether rules can have Python callbacks: the server is in this process."""

    def call(
        self, tool: str, arguments: Mapping[str, Any], gone: threading.Event | None = None
    ) -> Result:
        """Call a tool; blocks until it has its result.

        Args:
            tool: the name of the tool.
            arguments: its arguments; JSON values.
            gone: set when the caller no longer waits for the result. A wait then ends soon.

        Raises:
            MockError: the tool refused the call, or the server does not answer.
        """

    def read(self, match: Mapping[str, Any], after: int, namespace: str | None) -> Iterator[Result]:
        """Yield the matching entries after a number in full detail, oldest first.

        Raises:
            MockError: a condition is not valid, or the server does not answer.
        """

    def set_mock(self, arguments: Mapping[str, Any], functions: "Mapping[str, Function]") -> Result:
        """Call the tool that sets a mock.

        Args:
            arguments: its arguments.
            functions: what `call` actions can run; empty unless `runs_code`.

        Raises:
            MockError: the server does not answer. Errors in the definition are in the result.
        """

    def load(self, path: Path, namespace: str | None) -> list[str]:
        """Put the mocks of a file in force; return the names of its endpoints.

        Raises:
            MockError: the file cannot be used.
        """

    def authority(self) -> str | None:
        """Return the certificate of the authority that TLS clients must trust, as PEM.

        None: the server has no authority of its own.

        Raises:
            MockError: the server does not answer.
        """

    def stop(self) -> None:
        """Stop the server, if it is ours. Blocks for a few seconds at most. Idempotent."""


def named(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments that are given: those that are not None."""
    return {name: value for name, value in arguments.items() if value is not None}


ARGUMENT = re.compile(r"^(match|expect|sequence\.entries\[\d+\])(\.match)?\.", re.MULTILINE)
"""How the places of conditions begin in the errors of the tools. Here each has a keyword."""


def refused(text: str) -> MockError:
    """Return the error for a call that a tool has refused.

    Args:
        text: what the tool says.
    """
    return MockError(ARGUMENT.sub("", text))
