"""The command `dialects`: lists the ready-made mocks for well-known protocols, or prints one."""

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from websocket_mock.actors.library.dialects import (
    Dialect,
    DialectParameter,
    UnknownDialect,
    find,
    names,
)
from websocket_mock.scripts.arguments import OneLineParser
from websocket_mock.scripts.control.showing import show_json

if TYPE_CHECKING:
    from rich.table import Table

SHOWN_DEFAULT = 40
"""Characters of a default that the list shows."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``dialects [NAME] [--json]``; return 0. Blocks on the file system.

    Raises:
        SystemExit: wrong usage or an unknown dialect (code 2), or help was asked for (0).
    """
    parser = OneLineParser(
        prog="websocket-mock-server dialects",
        description="List the dialects, which are ready-made mocks for well-known protocols, with "
        "their parameters. A mocks file has one with `include: dialect:NAME`. With NAME, print "
        "the mocks file of this dialect, to start from it.",
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="print the file of this dialect")
    parser.add_argument(
        "--json", action="store_true", help="print JSON, which is also what no terminal gets"
    )
    options = parser.parse_args(arguments)
    if options.name is not None:
        try:
            dialect = find(options.name)
        except UnknownDialect as error:
            parser.error(str(error))
        if options.json:
            show_json({**dialect.described(), "text": dialect.text})
        else:
            print(dialect.text, end="")
    elif options.json or not sys.stdout.isatty():
        show_json({"dialects": [find(name).described() for name in names()]})
    else:
        _print_list([find(name) for name in names()])
    return 0


def _print_list(dialects: Sequence[Dialect]) -> None:
    from rich.console import Console  # noqa: PLC0415 - only for people, because it takes time
    from rich.text import Text  # noqa: PLC0415

    console = Console(highlight=False)
    for dialect in dialects:
        console.print(Text.assemble((dialect.name, "bold"), "  ", dialect.title))
        console.print(_table(dialect.parameters))


def _table(parameters: Sequence[DialectParameter]) -> "Table":
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table.grid(padding=(0, 2))
    for one in parameters:
        table.add_row(f"  {one.name}", Text(_shown_default(one)), Text(one.description))
    return table


def _shown_default(parameter: DialectParameter) -> str:
    if parameter.is_required:
        return "required"
    value = parameter.default
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN_DEFAULT else f"{text[: SHOWN_DEFAULT - 1]}…"
