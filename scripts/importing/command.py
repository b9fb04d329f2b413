"""The command `import`: makes a mocks file of a description in another format."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from websocket_mock.actors.documents.problems import BadDocument
from websocket_mock.actors.values.suggestions import nearest
from websocket_mock.scripts.arguments import EXIT_USAGE, OneLineParser, printable
from websocket_mock.scripts.errors import BadFile
from websocket_mock.scripts.importing.asyncapi.mocks import mocks_of
from websocket_mock.scripts.importing.asyncapi.model import Channel
from websocket_mock.scripts.importing.asyncapi.reading import read_description
from websocket_mock.scripts.importing.writing import write_mocks
from websocket_mock.scripts.mocks_file import Unreadable, show_problem
from websocket_mock.scripts.operating_system import write_atomically

PROGRAM = "websocket-mock-server import"

DONE = 0
NOT_DONE = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``import asyncapi FILE``; return the exit code. Blocks on the file system.

    Raises:
        SystemExit: wrong usage (code 2), or help was asked for (0).
    """
    options = _parser().parse_args(arguments)
    try:
        text = _asyncapi(options)
    except BadFile as error:
        print(error, file=sys.stderr)
        return NOT_DONE
    if options.output is None:
        print(text, end="")
        return DONE
    return _write(options.output, text, force=options.force)


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(
        prog=PROGRAM, description="Make a mocks file of a description in another format."
    )
    formats = parser.add_subparsers(dest="format", metavar="FORMAT", required=True)
    asyncapi = formats.add_parser(
        "asyncapi",
        help="an AsyncAPI document, 2.0 to 2.6, 3.0 or 3.1",
        description="Make a mocks file of an AsyncAPI document (2.0 to 2.6, 3.0, 3.1) and print "
        "it. Exit code 0: done, 1: the document cannot be imported, 2: usage, or the output cannot "
        "be written.",
    )
    add = asyncapi.add_argument
    add("file", type=Path, metavar="FILE", help="YAML or JSON")
    add("--output", type=Path, metavar="FILE", help="write it there instead of printing it")
    add("--force", action="store_true", help="overwrite that file")
    add("--channel", action="append", metavar="NAME", help="only this channel; may be repeated")
    add("--seed", default="0", help="another seed gives other generated values (default: 0)")
    add("--client", action="store_true", help="the document describes the client, not the server")
    add(
        "--root",
        type=Path,
        metavar="DIR",
        help="files below it may be referred to (default: the directory of FILE)",
    )
    return parser


def _asyncapi(options: argparse.Namespace) -> str:
    """Return the text of the mocks file.

    Raises:
        BadFile: the document cannot be imported; the text has a line for each problem.
    """
    file: Path = options.file
    root: Path = file.parent if options.root is None else options.root
    origin = f"Made of {file.name} by `websocket-mock-server import asyncapi`."
    try:
        description = read_description(file, root, of_client=options.client)
        wanted = _chosen(description.channels, options.channel)
        return write_mocks(mocks_of(description, wanted, options.seed, origin))
    except Unreadable as error:
        raise BadFile(printable(f"{file}: {error}")) from None
    except BadDocument as error:
        raise BadFile("\n".join(show_problem(file, one) for one in error.problems)) from None
    except RecursionError:
        raise BadFile(printable(f"{file}: parts of it are nested too deeply")) from None


def _chosen(channels: Sequence[Channel], names: Sequence[str] | None) -> Sequence[Channel]:
    """Return the channels with these names, or all.

    Raises:
        BadFile: there is no such channel.
    """
    if names is None:
        return channels
    known = [one.name for one in channels]
    unknown = [one for one in names if one not in known]
    if unknown:
        hint = nearest(unknown[0], known)
        raise BadFile(printable(f"{PROGRAM}: there is no channel {unknown[0]!r}; {hint}"))
    return [one for one in channels if one.name in names]


def _write(file: Path, text: str, *, force: bool) -> int:
    try:
        if file.exists() and not force:
            print(f"{PROGRAM}: {file} is there already; --force overwrites it", file=sys.stderr)
            return EXIT_USAGE
        write_atomically(file, text)
    except OSError as error:
        print(f"{PROGRAM}: {file} cannot be written: {error.strerror}", file=sys.stderr)
        return EXIT_USAGE
    print(f"wrote {file}")
    return DONE
