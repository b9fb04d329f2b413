"""What all command lines share: one-line usage errors, and printable text."""

import argparse
from typing import NoReturn

EXIT_USAGE = 2
"""Wrong usage, or an unreachable server: nothing was done."""


class OneLineParser(argparse.ArgumentParser):
    """An argument parser whose errors are one line that points to the help."""

    def error(self, message: str) -> NoReturn:
        """Print the problem as one line on stderr and exit with code 2."""
        self.exit(EXIT_USAGE, f"{self.prog}: {printable(message)} (see {self.prog} --help)\n")


def printable(text: str) -> str:
    """Return text for a terminal. Control characters, which a peer may send, are escaped."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
