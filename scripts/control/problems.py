"""The errors that end a verb. Each text is one line for the person at the terminal."""

EXIT_DOES_NOT_HOLD = 1
"""It does not hold: a wait timed out, a verification failed, or the server refused."""

BAD_ARGUMENTS = 422
"""The status of arguments that the server cannot use (RFC 9110 section 15.5.21)."""


class WrongUsage(Exception):
    """Raised for words that cannot be used, before anything was sent."""


class NoServer(Exception):
    """Raised when no server can be reached, or several could be meant."""


class Refused(Exception):
    """Raised when the server answered with an error.

    Args:
        status: the HTTP status.
        text: what the server says.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
