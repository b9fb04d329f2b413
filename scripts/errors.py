"""The errors that end a command line with a text, not a traceback. It imports nothing."""


class ConfigurationError(Exception):
    """Raised when the configuration cannot be used; the text says what is wrong, in one line."""


class BadFile(Exception):
    """Raised when a mocks file cannot be used; its text has a line for each problem."""
