"""The settings of a server that a test starts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError, create_model

from websocket_mock.actors.documents.problems import problems_of
from websocket_mock.testing.errors import MockError
from websocket_mock.transport.config import TransportConfig
from websocket_mock.transport.tls.config import TlsConfig

DEFAULTS: Mapping[str, Any] = {"host": "127.0.0.1", "port": 0, "fallback": "reject"}
"""What differs from the defaults of the program: a free port, and no path answers by itself."""

TLS = "tls_"
"""How the names of the settings of TLS begin."""

_fields: dict[str, Any] = {
    f"{TLS}{name}": (field.annotation, field) for name, field in TlsConfig.model_fields.items()
}
_ALL: type[BaseModel] = create_model("ServerSettings", __base__=TransportConfig, **_fields)


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """The settings of a server."""

    transport: TransportConfig
    tls: TlsConfig


def server_settings(given: Mapping[str, Any]) -> ServerSettings:
    """Return the settings of a server.

    Args:
        given: settings by the names of the YAML file.

    Raises:
        MockError: a setting does not exist, or its value cannot be used.
    """
    values = {**DEFAULTS, **given}
    try:
        _ALL(**values)
    except ValidationError as error:
        problems = problems_of(error, values, (_ALL,))
        raise MockError("\n".join(map(str, problems))) from None
    tls = {name: value for name, value in values.items() if name.startswith(TLS)}
    return ServerSettings(
        TransportConfig(**{name: values[name] for name in values.keys() - tls.keys()}),
        TlsConfig(**{name.removeprefix(TLS): value for name, value in tls.items()}),
    )


def as_settings(text: str) -> str:
    """Return an error about flags with the names of the settings instead: `tls_ca_file`."""
    return re.sub(r"--(tls-[a-z-]+)", lambda found: found[1].replace("-", "_"), text)
