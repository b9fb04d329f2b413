"""Reads the YAML configuration file: its outline, its servers, and the errors in it.

It knows the outline (one ``websocket_mock:`` mapping, or a list under ``servers:``). The keys and
values of a server belong to `scripts.settings`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from websocket_mock.actors.documents.yaml_files import NotYaml, read_yaml
from websocket_mock.actors.values.suggestions import nearest
from websocket_mock.scripts.errors import ConfigurationError

DEFAULT_NAME = "WebSocketMockMCP"

_SINGLE = "websocket_mock"
_LIST = "servers"


@dataclass(frozen=True, slots=True)
class ServerEntry:
    """One server of the file. Its keys and values have not been checked yet."""

    name: str
    enabled: bool
    values: Mapping[str, object]
    where: str
    """The file and the place in it, for the beginning of an error message."""


def read_entries(config_file: Path) -> tuple[ServerEntry, ...]:
    """Read all servers of the file, in order; at least one. Blocks on the file system.

    Raises:
        ConfigurationError: the file cannot be read, is not YAML, or has a wrong outline.
    """
    root = require_mapping(_parse(config_file), f"{config_file}")
    reject_unknown_keys(root, (_SINGLE, _LIST), f"{config_file}")
    if len(root) > 1:
        raise ConfigurationError(f"{config_file}: give either {_SINGLE} or {_LIST}, not both")
    if _SINGLE in root:
        return (_single_entry(config_file, root[_SINGLE]),)
    return _listed_entries(config_file, root.get(_LIST))


def select_entry(config_file: Path, server: str | None) -> ServerEntry:
    """Read the server of a name, or without a name the only enabled server.

    A server that is named need not be enabled. Blocks on the file system.

    Raises:
        ConfigurationError: as `read_entries`, or not exactly one server fits.
    """
    entries = read_entries(config_file)
    if server is not None:
        for entry in entries:
            if entry.name == server:
                return entry
        raise ConfigurationError(
            f"{config_file}: there is no server {server!r}{_suggest(server, _names(entries))}"
        )
    enabled = [entry for entry in entries if entry.enabled]
    if len(enabled) > 1:
        raise ConfigurationError(
            f"{config_file}: several servers are enabled;"
            f" choose one with --server: {', '.join(_names(enabled))}"
        )
    if not enabled:
        raise ConfigurationError(
            f"{config_file}: no server is enabled;"
            f" enable one or choose one with --server: {', '.join(_names(entries))}"
        )
    return enabled[0]


def require_mapping(value: object, where: str) -> Mapping[str, object]:
    """Return the value if it is a mapping with text keys.

    Raises:
        ConfigurationError: it is something else.
    """
    if not isinstance(value, dict):
        raise ConfigurationError(f"{where}: must be a mapping of keys to values")
    for key in value:
        if not isinstance(key, str):
            raise ConfigurationError(f"{where}: the key {key!r} must be text")
    return value


def reject_unknown_keys(keys: Iterable[str], allowed: Iterable[str], where: str) -> None:
    """Check that all keys are allowed.

    Raises:
        ConfigurationError: a key is not; the text names the nearest allowed key, or all of them.
    """
    known = tuple(allowed)
    for key in keys:
        if key not in known:
            raise ConfigurationError(f"{where}: unknown key {key!r}{_suggest(key, known)}")


def _single_entry(config_file: Path, value: object) -> ServerEntry:
    where = f"{config_file}: {_SINGLE}"
    values = require_mapping(value, where)
    return ServerEntry(_name(values, where, DEFAULT_NAME), enabled=True, values=values, where=where)


def _listed_entries(config_file: Path, value: object) -> tuple[ServerEntry, ...]:
    if not isinstance(value, list) or not value:
        raise ConfigurationError(f"{config_file}: {_LIST} must be a list of at least one server")
    entries: list[ServerEntry] = []
    for number, item in enumerate(value, start=1):
        entry = _listed_entry(f"{config_file}: server {number} in {_LIST}", item)
        if entry.name in _names(entries):
            raise ConfigurationError(
                f"{config_file}: two servers have the name {entry.name!r}; names must differ"
            )
        entries.append(entry)
    return tuple(entries)


def _listed_entry(where: str, value: object) -> ServerEntry:
    values = dict(require_mapping(value, where))
    enabled = values.pop("enabled", True)
    name = _name(values, where, None)
    where = f"{where} ({name})"
    if not isinstance(enabled, bool):
        raise ConfigurationError(f"{where}: enabled must be true or false, not {enabled!r}")
    return ServerEntry(name, enabled, values, where)


def _name(values: Mapping[str, object], where: str, default: str | None) -> str:
    name = values.get("name", default)
    if name is None:
        raise ConfigurationError(f"{where}: the key 'name' is missing; give it non-empty text")
    if not isinstance(name, str) or not name:
        raise ConfigurationError(f"{where}: name must be non-empty text, not {name!r}")
    return name


def _names(entries: Iterable[ServerEntry]) -> list[str]:
    return [entry.name for entry in entries]


def _suggest(word: str, allowed: Iterable[str]) -> str:
    # A low cutoff, so that 'port' suggests 'websocket_port'.
    return f"; {nearest(word, sorted(allowed), cutoff=0.4)}"


def _parse(config_file: Path) -> object:
    try:
        content = config_file.read_bytes()
    except FileNotFoundError:
        raise ConfigurationError(f"{config_file}: there is no such configuration file") from None
    except OSError as error:
        raise ConfigurationError(f"{config_file}: cannot be read: {error.strerror}") from None
    try:
        parsed: object = read_yaml(content)
    except NotYaml as error:
        raise ConfigurationError(f"{config_file}: {error}") from None
    if parsed is None:
        raise ConfigurationError(f"{config_file}: the file is empty; give {_SINGLE} or {_LIST}")
    return parsed
