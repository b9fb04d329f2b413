"""What a verb is: the words and flags it takes, the tool it calls, and how its result is shown."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Read = Callable[[str], Any]
"""Turns the text of a flag into a value.

Raises:
    WrongUsage: the text cannot be used.
"""


HIDDEN = ""
"""The help of a flag that is not for people."""


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag or, if its name has no hyphens, a word of the command line.

    Args:
        name: such as `--limit`, or `endpoint` for a word.
        help: what it does.
        to: the argument of the tool that it sets, such as `limit` or `match.kind`; empty: it is
            for the command line alone.
        read: reads its value.
        const: it takes no value, and stands for this one.
        choices: the only values.
        names: what its values name: endpoint, client, fault, namespace, file or url; for
            completion.
        metavar: how the help shows its value.
        is_many: whether it may be given several times; its value is a list.
        is_needed: whether it must be given; only for words.
    """

    name: str
    help: str
    to: str = ""
    read: Read = str
    const: Any = None
    choices: tuple[str, ...] = ()
    names: str = ""
    metavar: str = ""
    is_many: bool = False
    is_needed: bool = False

    @property
    def key(self) -> str:
        """Where the parsed options have it."""
        return self.name.removeprefix("--").replace("-", "_")

    @property
    def is_word(self) -> bool:
        """Whether it is a word, not a flag."""
        return not self.name.startswith("-")


@dataclass(frozen=True, slots=True)
class Columns:
    """How a list in a result is shown as a table.

    Args:
        rows: the name of the list.
        cells: the heading of each column, and the name of its value in an item; empty: the item.
            Without columns, the items are entries of the traffic, a line each.
        whole: the name of a value that is shown below the table as YAML, if an item has it.
    """

    rows: str
    cells: Mapping[str, str]
    whole: str = ""


@dataclass(frozen=True, slots=True)
class Verb:
    """A command. Most call one tool and show its result.

    Args:
        name: one word, or two: `mocks set`.
        summary: one line for the help.
        example: a command line without the name of the program.
        tool: the tool it calls; empty: `runs` does all.
        flags: its words and flags, in the order of the help. `--namespace` and what all verbs
            have come by themselves.
        table: how its result is shown on a terminal; None: as names and values.
        keeps: the names in its result that are shown; empty: all.
        runs: the module of this room whose `run` runs it; empty: `calling`.
        no_server: whether it needs no server.
    """

    name: str
    summary: str
    example: str
    tool: str = ""
    flags: tuple[Flag, ...] = ()
    table: Columns | None = None
    keeps: tuple[str, ...] = ()
    runs: str = "calling"
    no_server: bool = False


NAMESPACE = Flag(
    "--namespace",
    'name of a namespace; "*": all; default: outside all',
    "namespace",
    names="namespace",
    metavar="NS",
)

COMMON = (
    Flag("--json", "print JSON, also on a terminal", const=True),
    Flag("--url", "the server, such as http://localhost:8004", names="url"),
    Flag("--token", "its bearer token; better in the variable MCP_TOKEN"),
    Flag("--ca-file", "the authority to trust over https, as PEM", names="file", metavar="FILE"),
)
"""What every verb that needs a server takes."""


def flags_of(verb: Verb) -> tuple[Flag, ...]:
    """Return all words and flags of a verb."""
    if verb.no_server:
        return verb.flags
    return (*verb.flags, NAMESPACE, *COMMON)


def arguments_of(verb: Verb, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of the tool that the options give. Later flags go into earlier objects.

    Args:
        verb: the verb.
        options: the values by the keys of the flags; None and False: not given.
    """
    arguments: dict[str, Any] = {}
    for flag in flags_of(verb):
        value = options.get(flag.key)
        if flag.to and value is not None and value is not False and value != []:
            _put(arguments, flag.to.split("."), value if flag.const is None else flag.const)
    return arguments


def _put(target: dict[str, Any], path: list[str], value: object) -> None:
    *parents, last = path
    for name in parents:
        target = target.setdefault(name, {})
    target[last] = value
