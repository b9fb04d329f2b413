"""What a verb works with when it runs."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from websocket_mock.scripts.arguments import printable
from websocket_mock.scripts.control.rest import Server, find_server
from websocket_mock.scripts.control.verb import Verb, arguments_of


@dataclass(frozen=True)
class Task:
    """One command line.

    Args:
        program: the name of the program with the verb, for messages.
        verb: the verb.
        options: the values of its words and flags by their keys.
    """

    program: str
    verb: Verb
    options: Mapping[str, Any]

    @cached_property
    def server(self) -> Server:
        """The server that is meant. Reads files.

        Raises:
            NoServer: none runs, or several.
            WrongUsage: the address is not one, or the file of the authority cannot be used.
        """
        options = self.options
        return find_server(options["url"], options["token"], ca_file=options["ca_file"])

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of the tool."""
        return arguments_of(self.verb, self.options)

    @property
    def is_for_people(self) -> bool:
        """Whether to show tables and colours: on a terminal, without --json."""
        return sys.stdout.isatty() and not self.options["json"]

    def say(self, text: str) -> None:
        """Print a line on standard error. Control characters are escaped."""
        print(f"{self.program}: {printable(text)}", file=sys.stderr, flush=True)
