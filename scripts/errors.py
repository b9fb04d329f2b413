"""What makes the command lines end with one line instead of a traceback. It imports nothing."""


class ConfigurationError(Exception):
    """Raised when the configuration cannot be used; the text is one line that names the culprit."""


class BadFile(Exception):
    """Raised when a mocks file cannot be used; its text has a line for each problem."""
