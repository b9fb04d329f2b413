"""The command `validate`: prints what is wrong with mocks files, or what they contain."""

from collections.abc import Sequence
from pathlib import Path

from websocket_mock.actors.library.compiler import CompiledMocks
from websocket_mock.scripts.arguments import OneLineParser, printable
from websocket_mock.scripts.errors import BadFile
from websocket_mock.scripts.mocks_file import load, show_problem

VALID = 0
NOT_VALID = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``validate FILE…``; return the exit code. Blocks on the file system.

    Raises:
        SystemExit: wrong usage (code 2), or help was asked for (0).
    """
    parser = OneLineParser(
        prog="websocket-mock-server validate",
        description="Check mocks files. Exit code 0: all are valid, 1: some are not, 2: usage.",
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="YAML or JSON")
    parser.add_argument(
        "--allow-code", action="store_true", help="load the Python files that they `use`, too"
    )
    options = parser.parse_args(arguments)
    return validate(options.files, allow_code=options.allow_code)


def validate(files: Sequence[Path], *, allow_code: bool = False) -> int:
    """Print the problems or the warnings and the contents of each file; return 0 or 1.

    Blocks on the file system. With `allow_code`, Python files that they `use` run.
    """
    exit_code = VALID
    for file in files:
        try:
            loaded = load(file, allow_code=allow_code).mocks
        except BadFile as error:
            print(error)
            exit_code = NOT_VALID
        else:
            _print_warnings(file, loaded)
            print(f"{printable(str(file))}: valid, {_summary(loaded)}")
    return exit_code


def _print_warnings(file: Path, loaded: CompiledMocks) -> None:
    for warning in loaded.warnings:
        print(show_problem(file, warning, "warning: "))


def _summary(loaded: CompiledMocks) -> str:
    sources = [endpoint.source for endpoint in loaded.endpoints]
    counts = {
        "endpoint": len(sources),
        "rule": sum(len(source.rules) for source in sources),
        "handshake rule": sum(len(source.handshake) for source in sources),
        "script step": sum(len(source.script or ()) for source in sources),
        "fault": sum(len(source.faults) for source in sources) + len(loaded.faults),
    }
    shown = {name: count for name, count in counts.items() if count or name in _ALWAYS}
    return ", ".join(f"{count} {name}{'' if count == 1 else 's'}" for name, count in shown.items())


_ALWAYS = ("endpoint", "rule")
