"""The command `skill`: prints the skill for AI agents, or installs it where they look for it."""

import sys
from collections.abc import Sequence
from pathlib import Path

from websocket_mock.scripts.arguments import EXIT_USAGE, OneLineParser
from websocket_mock.scripts.operating_system import write_atomically
from websocket_mock.skills import SKILL_FILE, SKILL_FOLDER

PROGRAM = "websocket-mock-server skill"

DIRECTORY = Path(".claude", "skills")
"""Where most agents look for the skills of a project."""

INSTALLED = 0
NOT_INSTALLED = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``skill [--install [DIR]] [--force]``; return the exit code. Blocks on the file system.

    Raises:
        SystemExit: wrong usage (code 2), or help was asked for (0).
    """
    parser = OneLineParser(
        prog=PROGRAM,
        description="Print the skill that teaches AI agents to test WebSocket clients with this "
        "server, or install it. Exit code 0: it is there, 1: the file there is another one, "
        "2: usage, or it cannot be written.",
    )
    parser.add_argument(
        "--install",
        nargs="?",
        const=DIRECTORY,
        type=Path,
        metavar="DIR",
        help=f"install it in a folder of skills (default: {DIRECTORY}); "
        "Codex and Gemini CLI look into .agents/skills",
    )
    parser.add_argument("--force", action="store_true", help="overwrite a file that differs")
    options = parser.parse_args(arguments)
    if options.install is not None:
        return install(options.install, force=options.force)
    if options.force:
        parser.error("--force is for --install")
    print(SKILL_FILE.read_text(encoding="utf-8"), end="")
    return INSTALLED


def install(directory: Path, *, force: bool = False) -> int:
    """Write the skill below a folder of skills and print what was done; return the exit code.

    A file that differs stays as it is, unless `force`. Blocks on the file system.
    """
    file, text = directory / SKILL_FOLDER.name / SKILL_FILE.name, SKILL_FILE.read_bytes()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        found = file.read_bytes() if file.exists() else None
        if found == text:
            print(f"{file} is up to date")
            return INSTALLED
        if found is not None and not force:
            problem = "was changed, or is of another version; --force overwrites it"
            print(f"{PROGRAM}: {file} {problem}", file=sys.stderr)
            return NOT_INSTALLED
        write_atomically(file, text.decode())
    except OSError as error:
        print(f"{PROGRAM}: {file} cannot be written: {error.strerror}", file=sys.stderr)
        return EXIT_USAGE
    print(f"{'wrote' if found is None else 'overwrote'} {file}")
    return INSTALLED
