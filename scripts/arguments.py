"""What all command lines share: wrong usage is one line, and text of others is made printable."""

import argparse
from typing import NoReturn

EXIT_USAGE = 2
"""Wrong usage, or a server that cannot be reached: nothing was tried."""


class OneLineParser(argparse.ArgumentParser):
    """An argument parser whose errors are one line that says where help is."""

    def error(self, message: str) -> NoReturn:
        """Print the problem as one line on stderr and exit with code 2."""
        self.exit(EXIT_USAGE, f"{self.prog}: {printable(message)} (see {self.prog} --help)\n")


def printable(text: str) -> str:
    """Return text for a terminal: control characters escaped, as they may come from a peer."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
