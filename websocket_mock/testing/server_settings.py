"""The settings of a server that a test starts."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from websocket_mock.actors.documents.problems import problems_of
from websocket_mock.testing.errors import MockError
from websocket_mock.transport.config import TransportConfig

DEFAULTS: Mapping[str, Any] = {"host": "127.0.0.1", "port": 0, "fallback": "reject"}
"""What differs from the defaults of the program: a free port, and no path answers by itself."""


def server_settings(given: Mapping[str, Any]) -> TransportConfig:
    """Return the settings of a server.

    Args:
        given: settings by the names of the YAML file.

    Raises:
        MockError: a setting does not exist, or its value cannot be used.
    """
    values = {**DEFAULTS, **given}
    try:
        return TransportConfig(**values)
    except ValidationError as error:
        problems = problems_of(error, values, (TransportConfig,))
        raise MockError("\n".join(map(str, problems))) from None
