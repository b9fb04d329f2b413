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

    >>> try:
    ...     chat.on(text="hi").send(txet="hello")
    ... except BadDefinition as error:
    ...     print(error.problems[-1])
    rules[0].do[0].send.txet: unknown key 'txet'; did you mean 'text'?

    Args:
        what: what is defined.
        problems: one line for each problem, with its place.
    """

    def __init__(self, what: str, problems: Sequence[str]) -> None:
        lines = "\n".join(f"  {problem}" for problem in problems)
        super().__init__(f"The definition of {what} is not valid:\n{lines}")
        self.problems = tuple(problems)


class NotConnected(MockError):
    """Raised when there is no client to send to or to drive.

    >>> try:
    ...     chat.push(text="hi")
    ... except NotConnected as error:
    ...     print(error)
    No client is connected to the endpoint /chat. Wait for one with ...
    """


class MockAssertionError(AssertionError):
    """Base of every error that says: what the test expects did not happen."""


class WaitTimedOut(MockAssertionError):
    """Raised when something did not happen in time.

    >>> try:
    ...     chat.wait_for(text="hi", timeout=0.01)
    ... except WaitTimedOut as error:
    ...     print(error)
    Expected a message from the client at /chat with text "hi" within 0.01 s, but none came.
    Nothing has happened yet.
    """


class VerificationFailed(MockAssertionError):
    """Raised when a verification failed.

    >>> try:
    ...     chat.verify(text="hi", at_least=2)
    ... except VerificationFailed as error:
    ...     print(error)
    Expected a message from the client at /chat with text "hi" at least twice, but none came.
    Nothing has happened yet.
    """


class UnexpectedTraffic(MockAssertionError):
    """Raised by the final check, when something happened that the test did not expect.

    >>> rule = chat.on(text="hi").send(text="hello").expect()
    >>> try:
    ...     mock.check()
    ... except UnexpectedTraffic as error:
    ...     print(error.problems[0])
    /chat: rules[0] was expected to fire at least once, but it never fired. The client sent ...

    Args:
        problems: what is wrong, each as text of one or more lines.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)
