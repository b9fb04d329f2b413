"""Prints results: JSON for programs, tables and colours for people.

What a client sent may end up here. Control characters in it would drive the terminal, so all that
is not printable is escaped.
"""

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from websocket_mock.scripts.arguments import printable
from websocket_mock.scripts.control.task import Task
from websocket_mock.scripts.control.values import to_yaml
from websocket_mock.scripts.control.verb import Columns

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

Result = Mapping[str, Any]

NOT_SHOWN = ("timestamp", "server_info")
"""Names of values that tell a person nothing, or nothing that is not told beside them."""

COMPLAINTS = ("errors",)
"""Values that standard error tells, as far as something is wrong; see `outcomes.py`."""

DEPTH = 2
"""How many objects in each other are shown value by value; deeper ones as JSON."""

SHORT = 12
"""Characters of values that a table does not break, such as ids and times of day."""

STYLES = {"received": "cyan", "sent": "green", "error": "bold red", "fault": "yellow"}
"""The colours of entries, by their direction or kind."""


def show_result(task: Task, result: Result) -> None:
    """Print a result."""
    if task.verb.keeps:
        result = {name: result[name] for name in task.verb.keeps}
    if not task.is_for_people:
        show_json(result)
        return
    from rich.console import Console  # noqa: PLC0415 - only for people, because it takes time

    console = Console(highlight=False)
    table = task.verb.table
    if table is None:
        _print_facts(console, result)
        return
    rows = result[table.rows] or []
    if table.cells and rows:
        _print_table(console, table, rows)
    elif rows and task.options.get("seq") is not None:
        _print_facts(console, rows[0])
    else:
        for row in rows:
            _print_entry(console, row)
    for row in rows:
        if table.whole and row[table.whole]:
            _print_yaml(console, row[table.whole])
    _print_facts(console, {name: value for name, value in result.items() if name != table.rows})


def show_json(value: object) -> None:
    """Print JSON: indented on a terminal, otherwise on one line. Flushes."""
    indent = 2 if sys.stdout.isatty() else None
    print(to_json(value, indent), flush=True)


def to_json(value: object, indent: int | None = None) -> str:
    """Return JSON that any terminal and encoding can take."""
    is_unicode = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    text = json.dumps(value, ensure_ascii=not is_unicode, indent=indent)
    # Everything that is not printable, except the breaks of the lines, is inside a JSON string.
    return _UNSAFE.sub(_escaped, text) if is_unicode else text


_UNSAFE = re.compile(r"[^\x20-\x7e\n]+")


def _escaped(found: re.Match[str]) -> str:
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in found[0])


def entry_printer(task: Task) -> Callable[[Result], None]:
    """Return what prints an entry of the traffic on a line of its own."""
    if not task.is_for_people:
        return show_json
    from rich.console import Console  # noqa: PLC0415

    return partial(_print_entry, Console(highlight=False))


def _print_entry(console: "Console", entry: Result) -> None:
    """Print an entry on one line, as far as the terminal is wide."""
    direction = entry.get("direction", "")
    style = STYLES.get(entry["kind"]) or STYLES.get(direction, "")
    where = " ".join(str(entry[key]) for key in ("endpoint", "client") if key in entry)
    details = entry.get("details", {})
    if entry["kind"] in ("request", "response"):
        parts = (details.get("method"), details.get("path"), details.get("status"))
        shown = [*parts, None if parts[2] else details.get("outcome"), entry.get("payload")]
        what = " ".join(str(one) for one in shown if one is not None)
    else:
        what = entry["payload"] if "payload" in entry else _in_words(details)
    line = _line(
        (f"{entry['seq']:>6} {_clock(entry['time'])} ", "dim"),
        (f"{direction:<8} {entry['kind']:<9} ", style),
        (f"{printable(where)} ", "bold"),
        (_cell(what), ""),
    )
    console.print(line, no_wrap=True, overflow="ellipsis", crop=True)


def _in_words(details: Result) -> str:
    """Return details as words, without those that are empty or have parts."""
    if "passed" in details:  # A verdict. Its text says all, and the line may have little room.
        outcome = "passed" if details["passed"] else "failed"
        return ": ".join(filter(None, [outcome, _cell(details["text"])]))
    if details.get("path"):
        # It comes first, because it tells the most, and narrow terminals cut the rest.
        query = "&".join(f"{name}={value}" for name, value in (details.get("query") or {}).items())
        rest = {name: value for name, value in details.items() if name != "path"}
        details = {"path": f"{details['path']}?{query}" if query else details["path"], **rest}
    return ", ".join(
        f"{name.replace('_', ' ')} {_cell(value)}"
        for name, value in details.items()
        if value not in ("", None) and not isinstance(value, list | Mapping)
    )


def _print_yaml(console: "Console", value: object) -> None:
    for line in to_yaml(value).splitlines():
        console.print(_line((printable(line), "")), soft_wrap=True)


def _print_facts(console: "Console", result: Result) -> None:
    for name, value in _facts(result):
        if _is_table(value):
            console.print(_line((f"{name}:", "dim")))
            _print_table(console, Columns(name, {key: key for key in value[0]}), value)
        else:
            console.print(_line((f"{name}: ", "dim"), (_cell(value), "")), soft_wrap=True)


def _is_table(value: object) -> bool:
    """Return whether it is a list of objects with the same names."""
    if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
        return False
    return all(one.keys() == value[0].keys() for one in value)


def _print_table(console: "Console", columns: Columns, rows: list[Any]) -> None:
    from rich.table import Column, Table  # noqa: PLC0415

    cells = {
        heading: [_cell(row[name] if name else row) for row in rows]
        for heading, name in columns.cells.items()
    }
    # A column without a value only takes space.
    cells = {heading: values for heading, values in cells.items() if any(values)}
    table = Table(
        *(
            Column(heading, overflow="fold", no_wrap=max(map(len, values)) <= SHORT)
            for heading, values in cells.items()
        ),
        box=None,
    )
    for row in zip(*cells.values(), strict=True):
        table.add_row(*(_line((value, "")) for value in row))
    console.print(table)


def _line(*parts: tuple[str, str]) -> "Text":
    # Text, not str: text from a server must not be read as markup.
    from rich.text import Text  # noqa: PLC0415

    return Text.assemble(*parts)


def _cell(value: Any) -> str:  # noqa: ANN401
    if value in (None, [], {}):
        return ""
    if isinstance(value, list) and not any(isinstance(one, dict | list) for one in value):
        return ", ".join(map(_cell, value))
    match value:
        case str():
            return _clock(value) if _TIME.fullmatch(value) else printable(value)
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return str(value)
        case _:
            return printable(json.dumps(value, ensure_ascii=False))


_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")


def _clock(time: str) -> str:
    """Return the time of day of an ISO 8601 time, with milliseconds."""
    return printable(time.partition("T")[2][:12])


def _facts(result: Result, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the name and the value of everything in a result that says something."""
    for name, value in result.items():
        if name in NOT_SHOWN or f"{prefix}{name}" in COMPLAINTS or value in (None, "", [], {}):
            continue
        if isinstance(value, Mapping) and prefix.count(".") < DEPTH:
            yield from _facts(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
