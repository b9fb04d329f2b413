"""The verb `completion`: scripts for the shells, and the candidates that they ask for.

Own code, because argcomplete would load every parser at each key and knows fish and zsh only by
way of bash, and shtab writes fixed lists, without the names that a running server knows.
"""

import importlib
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress
from io import StringIO
from typing import Any

from websocket_mock.scripts.arguments import printable
from websocket_mock.scripts.commands import MODULES
from websocket_mock.scripts.control.calling_any import arguments_of_tool, tools
from websocket_mock.scripts.control.problems import NoServer, Refused, WrongUsage
from websocket_mock.scripts.control.rest import Server, find_server
from websocket_mock.scripts.control.run_files import running_servers
from websocket_mock.scripts.control.shell_scripts import FILES, SCRIPTS
from websocket_mock.scripts.control.task import Task
from websocket_mock.scripts.control.values import WORD
from websocket_mock.scripts.control.verb import HIDDEN, Flag, Verb, flags_of
from websocket_mock.scripts.control.verbs import GROUPS, VERBS, summaries

PATIENCE_SECONDS = 1.0
"""The longest time to wait for a server while a person waits for a completion."""

BREAKS = "=:"
"""Where bash begins a new word inside a word."""

FLAG_IN_HELP = re.compile(r"^ {2,}(?:-\w, )?(--[\w-]+)[^\n]*?(?:  +(.*))?$", re.MULTILINE)

Candidates = Mapping[str, str]
"""Words, each with its help."""


def run(task: Task) -> int:
    """Print the script of a shell, or the candidates of a line that its script asks for."""
    shell, line = task.options["shell"], task.options["complete"]
    if line is None:
        print(SCRIPTS[shell], end="")
        return 0
    words, current = split(line)
    begun = current
    if shell == "bash":
        begun = current[max(map(current.rfind, BREAKS)) + 1 :]
    for word, text in candidates(words, current).items():
        if word == FILES:
            print(FILES)
        elif word.startswith(current) and word.isprintable():
            rest = word[len(current) - len(begun) :]
            print(f"{_quoted(rest, shell)}\t{printable(text)}")
    return 0


def _quoted(word: str, shell: str) -> str:
    # The other shells quote by themselves.
    return shlex.quote(word) if shell == "bash" and re.search(r"[^\w=:/.,@%+-]", word) else word


def split(line: str) -> tuple[list[str], str]:
    """Return the whole words of a line after the program, and the word that is being typed."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=False)
    lexer.whitespace_split, lexer.commenters = True, ""
    words: list[str] = []
    with suppress(ValueError):  # an open quote: the last word is not whole
        words.extend(lexer)
    is_new = line[-1:].isspace()
    return (words[1:], "") if is_new or len(words) < 2 else (words[1:-1], words[-1])  # noqa: PLR2004


def candidates(words: Sequence[str], current: str) -> Candidates:
    """Return what may stand in the place of a word.

    Args:
        words: those before it, without the program.
        current: what is there of it.
    """
    if not words:
        return _flags_in_help("serve") if current.startswith("-") else {**MODULES, **summaries()}
    first, *rest = words
    if first in GROUPS and not rest and not current.startswith("-"):
        return {
            verb.name.partition(" ")[2]: verb.summary
            for verb in VERBS
            if verb.name.startswith(f"{first} ")
        }
    verb, after = _verb_of(words)
    if verb is not None:
        return _of_verb(verb, after, current)
    if first in MODULES and current.startswith("-"):
        return _flags_in_help(first)
    return {FILES: ""}


def _verb_of(words: Sequence[str]) -> tuple[Verb | None, Sequence[str]]:
    for verb in VERBS:
        name = verb.name.split()
        if list(words[: len(name)]) == name:
            return verb, words[len(name) :]
    if words[0] in GROUPS and words[1:] == []:
        return _verb_of([*words, "list"])
    return None, words


def _of_verb(verb: Verb, words: Sequence[str], current: str) -> Candidates:
    flags = [flag for flag in flags_of(verb) if not flag.is_word and flag.help != HIDDEN]
    by_name = {flag.name: flag for flag in flags}
    options, given = _read(words, by_name)
    last = by_name.get(words[-1]) if words else None
    if last is not None and last.const is None:
        return _names(last, options)
    name, sign, _ = current.partition("=")
    if sign and name in by_name:
        found = _names(by_name[name], options)
        return {one if one == FILES else f"{name}={one}": text for one, text in found.items()}
    if current.startswith("-"):
        return {flag.name: flag.help for flag in flags if flag.name not in words}
    places = [flag for flag in flags_of(verb) if flag.is_word]
    place = places[min(len(given), len(places) - 1)] if places else None
    if place is None or (len(given) >= len(places) and not place.is_many):
        return {}
    if place.names == "argument":
        return _arguments(options, given, current)
    found = _names(place, options)
    return {one: text for one, text in found.items() if one not in given}


def _read(words: Sequence[str], flags: Mapping[str, Flag]) -> tuple[dict[str, str], list[str]]:
    """Return the values of the flags by their keys, and the words that belong to none."""
    options: dict[str, str] = {}
    given = list[str]()
    waiting: Flag | None = None
    for word in words:
        name, sign, value = word.partition("=")
        if waiting is not None:
            options[waiting.key], waiting = word, None
        elif name in flags and sign:
            options[flags[name].key] = value
        elif word in flags:
            waiting = flags[word] if flags[word].const is None else None
        else:
            given.append(word)
    return options, given


# --- names ----------------------------------------------------------------------------------------


def _names(flag: Flag, options: Mapping[str, str]) -> Candidates:
    """Return the values of a flag, some of which only the running server knows."""
    if flag.choices:
        return dict.fromkeys(flag.choices, "")
    if flag.names == "file":
        return {FILES: ""}
    if flag.names == "url":
        return {server.control_url: server.name for server in running_servers()}
    ask = _QUESTIONS.get(flag.names)
    if ask is None:
        return {}
    with suppress(NoServer, Refused, WrongUsage, LookupError, TypeError):
        return ask(_server(options), options)
    return _tools_of_this_version() if flag.names == "tool" else {}


def _server(options: Mapping[str, str]) -> Server:
    return find_server(
        options.get("url"), options.get("token"), PATIENCE_SECONDS, options.get("ca_file")
    )


def _asking(tool: str, rows: str, name: str, help_: str) -> Callable[..., Candidates]:
    def ask(server: Server, options: Mapping[str, str]) -> Candidates:
        namespace = options.get("namespace")
        result = server.call(tool, {} if namespace is None else {"namespace": namespace})
        return {str(row[name]): str(row[help_] or "") for row in result[rows]}

    return ask


def _namespaces(server: Server, _: Mapping[str, str]) -> Candidates:
    return dict.fromkeys(server.call("list_websocket_mocks", {})["namespaces"], "")


def _tools(server: Server, _: Mapping[str, str]) -> Candidates:
    return tools(server)


_QUESTIONS: Mapping[str, Callable[[Server, Mapping[str, str]], Candidates]] = {
    "endpoint": _asking("list_websocket_mocks", "endpoints", "name", "path"),
    "client": _asking("get_websocket_clients", "clients", "id", "path"),
    "fault": _asking("set_websocket_faults", "faults", "name", "kind"),
    "namespace": _namespaces,
    "tool": _tools,
}


def _tools_of_this_version() -> Candidates:
    # It takes half a second, so only without a server.
    from websocket_mock.mcp_bridge.tools.catalogue import TOOLS  # noqa: PLC0415

    return {name: tool.title for name, tool in TOOLS.items()}


def _arguments(options: Mapping[str, str], given: Sequence[str], current: str) -> Candidates:
    """Return the arguments of the tool that the first word names, or the values of one."""
    with suppress(NoServer, Refused, WrongUsage, LookupError):
        schemas = arguments_of_tool(_server(options), given[0])
        begun = WORD.fullmatch(current)
        if begun is not None:
            name, sign, value = begun.groups()
            if value.startswith("@"):
                return {FILES: ""}
            return {f"{name}{sign}{one}": "" for one in _values(schemas.get(name, {}))}
        taken = {word.partition("=")[0].rstrip(":") for word in given[1:]}
        return {
            f"{name}=": str(schema.get("description", ""))
            for name, schema in schemas.items()
            if name not in taken
        }
    return {}


def _values(schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield the values that a schema names."""
    for option in schema.get("anyOf", (schema,)):
        items = option.get("items", {})
        yield from map(str, option.get("enum", items.get("enum", ())))
        if option.get("type") == "boolean":
            yield from ("true", "false")


def _flags_in_help(command: str) -> Candidates:
    """Return the flags of a command that is no verb, by its help."""
    module = "launch" if command == "serve" else command
    main = importlib.import_module(f"websocket_mock.scripts.{module}").main
    out = StringIO()
    with redirect_stdout(out), redirect_stderr(StringIO()), suppress(SystemExit):
        main(["--help"])
    return dict(FLAG_IN_HELP.findall(out.getvalue()))
