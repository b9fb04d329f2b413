"""The errors of the Python API. Each text is written for the person who reads the failing test.

MockError                 the mock cannot do what the test asks
├── BadDefinition         a definition of an endpoint, rule or fault is not valid
└── NotConnected          no client is there to be driven
MockAssertionError        what the test expects did not happen; an AssertionError
├── WaitTimedOut          it did not happen in time
├── VerificationFailed    a verification failed
└── UnexpectedTraffic     the final check found something that the test did not expect
"""

from collections.abc import Sequence


class MockError(Exception):
    """Raised when the mock cannot do what the test asks. The text says what to do."""


class BadDefinition(MockError, ValueError):
    """Raised when a definition is not valid. Nothing was changed.

    Args:
        what: what is defined.
        problems: one line for each problem, with its place.
    """

    def __init__(self, what: str, problems: Sequence[str]) -> None:
        lines = "\n".join(f"  {problem}" for problem in problems)
        super().__init__(f"The definition of {what} is not valid:\n{lines}")
        self.problems = tuple(problems)


class NotConnected(MockError):
    """Raised when there is no client to send to or to drive."""


class MockAssertionError(AssertionError):
    """Base of every error that says: what the test expects did not happen."""


class WaitTimedOut(MockAssertionError):
    """Raised when something did not happen in time."""


class VerificationFailed(MockAssertionError):
    """Raised when a verification failed."""


class UnexpectedTraffic(MockAssertionError):
    """Raised by the final check, when something happened that the test did not expect.

    Args:
        problems: what is wrong, each as text of one or more lines.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)
