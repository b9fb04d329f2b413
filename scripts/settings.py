"""The settings and their sources: flags before environment before YAML before defaults."""

import json
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt
from pydantic import BaseModel, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from websocket_mock.actors.library.library import IDLE_SECONDS
from websocket_mock.scripts.config_file import (
    DEFAULT_NAME,
    reject_unknown_keys,
    require_mapping,
    select_entry,
)
from websocket_mock.scripts.errors import ConfigurationError
from websocket_mock.transport.config import MIB, Port, TransportConfig
from websocket_mock.transport.tls.config import TlsConfig

__all__ = ["ConfigurationError", "Settings", "load_settings"]

LogLevel = Literal["TRACE", "DEBUG", "INFO", "SUCCESS", "WARNING", "ERROR", "CRITICAL"]


def _without_alias(transport: object) -> object:
    return "http" if transport == "streamable-http" else transport


def _upper_case(level: object) -> object:
    return level.strip().upper() if isinstance(level, str) else level


class _ArgumentsOnly(BaseSettings):
    """Settings that read no source by themselves, such as the environment."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature of the base class
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read only arguments: `load_settings` merges the sources and knows their names."""
        return (init_settings,)


class Settings(_ArgumentsOnly):
    """All settings of one server process. Validated and immutable."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: str = Field(DEFAULT_NAME, min_length=1, description="name of the MCP server")
    description: str = Field("WebSocket Mock MCP Server", description="a text for people")
    type: Literal["websocket_mock"] = Field("websocket_mock", description="kind of server")
    transport: Annotated[Literal["http", "stdio"], BeforeValidator(_without_alias)] = Field(
        "http", description="how MCP clients connect; streamable-http means http"
    )
    host: str = Field("localhost", min_length=1, description="the address for MCP clients")
    port: Port = Field(8004, description="the port for MCP clients; 0: any free port")
    control_port: Port | None = Field(
        None, description="with stdio: the port of REST and the page; 0: any free port"
    )
    token: Annotated[SecretStr, Field(min_length=1)] | None = Field(
        None, description="the bearer token that MCP clients must send; required beyond loopback"
    )
    log_level: Annotated[LogLevel, BeforeValidator(_upper_case)] = Field(
        "INFO", description="the lowest log level to show"
    )
    ready_file: Path | None = Field(
        None, description="a file to write when both sides accept connections"
    )
    mocks: tuple[Path, ...] = Field((), description="files with programmed endpoints")
    allow_code: bool = Field(
        default=False, description="whether mocks files may run Python files that they use"
    )
    journal_entries: Annotated[int, Ge(0)] = Field(
        100_000, description="the most entries the journal keeps; 0 switches recording off"
    )
    journal_bytes: Annotated[int, Ge(1)] = Field(
        64 * MIB, description="the most bytes it keeps: payloads and a share for each entry"
    )
    redact: tuple[str, ...] = Field(
        (), description="names of more headers, parameters and JSON fields to mask"
    )
    namespace_idle_seconds: Annotated[float, Gt(0)] = Field(
        IDLE_SECONDS, description="seconds after which an unused namespace is removed"
    )
    websocket: TransportConfig = Field(
        default_factory=TransportConfig, description="the WebSocket side"
    )
    tls: TlsConfig = Field(default_factory=TlsConfig, description="how clients connect with TLS")


_Path = tuple[str, ...]
"""The place of a value in `Settings`: ``("port",)`` or ``("websocket", "port")``."""


@dataclass(frozen=True, slots=True)
class _Given:
    """A value, and its source: the beginning of an error message about it."""

    value: object
    origin: str


_ADDRESS = ("host", "port")
_GROUPS: Mapping[str, type[BaseModel]] = {"websocket": TransportConfig, "tls": TlsConfig}
"""The settings that have fields of their own."""
_SERVER_PATHS: Mapping[str, _Path] = {
    **{key: (key,) for key in Settings.model_fields if key not in _GROUPS},
    **{f"tls_{field}": ("tls", field) for field in TlsConfig.model_fields},
}
_CONFIG_PATHS: Mapping[str, _Path] = {
    f"websocket_{field}" if field in _ADDRESS else field: ("websocket", field)
    for field in TransportConfig.model_fields
}
_FLAG_PATHS: Mapping[str, _Path] = {**_SERVER_PATHS, **_CONFIG_PATHS}
_VARIABLE_PATHS: Mapping[str, _Path] = {
    "MCP_HOST": ("host",),
    "MCP_PORT": ("port",),
    "MCP_CONTROL_PORT": ("control_port",),
    "MCP_TRANSPORT": ("transport",),
    "MCP_TOKEN": ("token",),
    "LOG_LEVEL": ("log_level",),
    "WEBSOCKET_MOCKS": ("mocks",),
    "WEBSOCKET_ALLOW_CODE": ("allow_code",),
    "JOURNAL_ENTRIES": ("journal_entries",),
    "JOURNAL_BYTES": ("journal_bytes",),
    "JOURNAL_REDACT": ("redact",),
    "NAMESPACE_IDLE_SECONDS": ("namespace_idle_seconds",),
    **{
        f"{group.upper()}_{field.upper()}": (group, field)
        for group, model in _GROUPS.items()
        for field in model.model_fields
    },
}
_MOCKS: _Path = ("mocks",)
_FILES = frozenset({_MOCKS, *(("tls", name) for name in ("cert", "key", "ca_file", "client_ca"))})
"""Files that are named relative to the configuration file."""
_LISTS: tuple[_Path, ...] = (_MOCKS, ("redact",), ("websocket", "subprotocols"))
"""The lists: an environment variable separates their items with commas."""
_SECRET: _Path = ("token",)


def load_settings(
    flags: Mapping[str, object],
    *,
    environ: Mapping[str, str],
    config_file: Path | None,
    server: str | None,
) -> Settings:
    """Merge all sources: flags before environment before YAML before defaults. Reads the file.

    Args:
        flags: values under the keys of the YAML file and its ``config``; None: not given.
        environ: environment variables; unknown and empty ones are ignored.
        config_file: the YAML file, if there is one.
        server: the server of that file; None: its only enabled server.

    Raises:
        ConfigurationError: a key, a value or the file is wrong; the text says what to do.
    """
    if server is not None and config_file is None:
        raise ConfigurationError(f"--server {server}: needs the file it stands in; add --config")
    given: dict[_Path, _Given] = {}
    if config_file is not None:
        given.update(_from_file(config_file, server))
    given.update(_from_environment(environ))
    given.update(_from_flags(flags))
    for path, item in given.items():
        _reject_boolean_as_number(path, item)
    try:
        return Settings(**_nested(given))
    except ValidationError as error:
        # Without the cause: it holds the values, and one of them may be the token.
        raise ConfigurationError(_first_error(error, given)) from None


def _from_file(config_file: Path, server: str | None) -> dict[_Path, _Given]:
    entry = select_entry(config_file, server)
    reject_unknown_keys(entry.values, (*_SERVER_PATHS, "config"), entry.where)
    given = {
        path: _Given(entry.values[key], f"{entry.where}.{key}")
        for key, path in _SERVER_PATHS.items()
        if key in entry.values
    }
    for path in _FILES & given.keys():
        given[path] = _beside(config_file, given[path], is_list=path in _LISTS)
    config = entry.values.get("config")
    if config is None:
        return given
    where = f"{entry.where}.config"
    values = require_mapping(config, where)
    reject_unknown_keys(values, _CONFIG_PATHS, where)
    for key, value in values.items():
        given[_CONFIG_PATHS[key]] = _Given(value, f"{where}.{key}")
    return given


def _beside(config_file: Path, files: _Given, *, is_list: bool) -> _Given:
    """Make file names relative to the folder of the configuration file."""
    names, folder = files.value, config_file.parent
    if is_list and isinstance(names, list):
        inside = [folder / one if isinstance(one, str) else one for one in names]
        return replace(files, value=inside)
    is_name = not is_list and isinstance(names, str)
    return replace(files, value=folder / str(names)) if is_name else files


def _from_environment(environ: Mapping[str, str]) -> dict[_Path, _Given]:
    given = {}
    for variable, path in _VARIABLE_PATHS.items():
        text = environ.get(variable, "")
        if text:
            value = _split(text) if path in _LISTS else text
            given[path] = _Given(value, f"environment variable {variable}")
    return given


def _from_flags(flags: Mapping[str, object]) -> dict[_Path, _Given]:
    return {
        _FLAG_PATHS[key]: _Given(value, f"--{key.replace('_', '-')}")
        for key, value in flags.items()
        if value is not None
    }


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _nested(given: Mapping[_Path, _Given]) -> dict[str, Any]:
    values: dict[str, Any] = {group: {} for group in _GROUPS}
    for path, item in given.items():
        (values if len(path) == 1 else values[path[0]])[path[-1]] = item.value
    return values


def _reject_boolean_as_number(path: _Path, item: _Given) -> None:
    # Pydantic takes true for 1, and YAML takes "yes" for true.
    if isinstance(item.value, bool) and _schema(path).get("type") != "boolean":
        raise ConfigurationError(_refusal(path, item))


def _first_error(error: ValidationError, given: Mapping[_Path, _Given]) -> str:
    details = error.errors(include_input=False, include_url=False)[0]
    location = tuple(str(part) for part in details["loc"])
    for path, item in given.items():
        if location[: len(path)] == path:
            return _refusal(path, item)
    return f"configuration: {'.'.join(location)}: {details['msg']}"


def _refusal(path: _Path, item: _Given) -> str:
    value = "the value" if path == _SECRET else reprlib.repr(item.value)
    return f"{item.origin}: {value} is not allowed; give {_allowed(_schema(path))}"


def _schema(path: _Path) -> Mapping[str, Any]:
    model = Settings if len(path) == 1 else _GROUPS[path[0]]
    schema: dict[str, Any] = model.model_json_schema()["properties"][path[-1]]
    return schema["anyOf"][0] if "anyOf" in schema else schema


def _allowed(schema: Mapping[str, Any]) -> str:
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " or ".join(schema["enum"])
    match schema["type"]:
        case "integer" | "number" as kind:
            return f"{'a whole number' if kind == 'integer' else 'a number'}{_range(schema)}"
        case "boolean":
            return "true or false"
        case "array":
            is_files = schema["items"].get("format") == "path"
            return "a list of files" if is_files else "a list of texts"
        case _:
            return "non-empty text" if schema.get("minLength") else "text"


def _range(schema: Mapping[str, Any]) -> str:
    if "minimum" in schema and "maximum" in schema:
        return f" from {schema['minimum']} to {schema['maximum']}"
    words = {"minimum": "of at least", "exclusiveMinimum": "above", "maximum": "at most"}
    return "".join(f" {text} {schema[key]}" for key, text in words.items() if key in schema)
