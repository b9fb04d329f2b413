"""The parts of an HTTP response that a mock may choose.

What a response cannot carry is refused when the document is read. A line break in a name or a value
would begin a header that nobody has written.
"""

import re
from typing import Annotated

from pydantic import AfterValidator

_TOKEN = re.compile(r"[-!#$%&'*+.^_`|~0-9A-Za-z]+")
"""RFC 9110 section 5.6.2."""

_VALUE = re.compile(r"[\t -~\x80-\xff]*")
"""RFC 9110 section 5.5, as ISO-8859-1."""

_ALLOWED = "letters, digits and !#$%&'*+-.^_`|~"


def _check_name(name: str) -> str:
    if _TOKEN.fullmatch(name) is None:
        raise ValueError(f"the name of a header is made of {_ALLOWED}")
    return name


def check_value(value: str) -> str:
    """Return the value of a header.

    Raises:
        ValueError: a response cannot carry it.
    """
    if _VALUE.fullmatch(value) is None:
        raise ValueError("the value of a header is one line of ISO-8859-1 (Latin-1) text")
    return value


def _check_subprotocol(name: str) -> str:
    if _TOKEN.fullmatch(name) is None:
        raise ValueError(f"the name of a subprotocol is made of {_ALLOWED}")
    return name


HeaderName = Annotated[str, AfterValidator(_check_name)]
"""The name of a header."""

HeaderValue = Annotated[str, AfterValidator(check_value)]
"""The value of a header."""

Headers = dict[HeaderName, HeaderValue]
"""The headers of a response, by their names."""

SubprotocolName = Annotated[str, AfterValidator(_check_subprotocol)]
"""The name of a subprotocol (RFC 6455 section 4.1)."""
