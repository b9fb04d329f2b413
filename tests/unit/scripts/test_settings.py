"""Merging and checking of the configuration, from flags down to defaults."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from websocket_mock.scripts.settings import ConfigurationError, Settings, load_settings
from websocket_mock.transport.config import TransportConfig

REPOSITORY = Path(__file__).parents[3]
SECRET = "correct-horse-battery"

# Each source gives a value of its own, so that only the winner can explain what is read.
SOURCES = [
    pytest.param("port", 8004, 1, ("MCP_PORT", "2", 2), 3, id="mcp port"),
    pytest.param("host", "localhost", "a", ("MCP_HOST", "b", "b"), "c", id="mcp host"),
    pytest.param(
        "log_level", "INFO", "ERROR", ("LOG_LEVEL", "debug", "DEBUG"), "TRACE", id="level"
    ),
    pytest.param(
        "namespace_idle_seconds",
        1800.0,
        60,
        ("NAMESPACE_IDLE_SECONDS", "0.5", 0.5),
        7.0,
        id="namespaces",
    ),
    pytest.param("websocket_port", 9004, 1, ("WEBSOCKET_PORT", "2", 2), 3, id="websocket port"),
    pytest.param("websocket_host", "localhost", "a", ("WEBSOCKET_HOST", "b", "b"), "c", id="host"),
    pytest.param("io_threads", 1, 2, ("WEBSOCKET_IO_THREADS", "3", 3), 4, id="a limit"),
    pytest.param(
        "compression", True, False, ("WEBSOCKET_COMPRESSION", "on", True), False, id="bool"
    ),
]

Writer = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Writer:
    def write_yaml(text: str) -> Path:
        file = tmp_path / "servers.yaml"
        file.write_text(text, encoding="utf-8")
        return file

    return write_yaml


def load(config_file: Path | None = None, server: str | None = None) -> Settings:
    return load_settings({}, environ={}, config_file=config_file, server=server)


def load_flags(**flags: object) -> Settings:
    return load_settings(flags, environ={}, config_file=None, server=None)


def load_with(**environ: str) -> Settings:
    return load_settings({}, environ=environ, config_file=None, server=None)


def refused(load_it: Callable[[], Settings]) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load_it()
    text = str(caught.value)
    assert "\n" not in text
    # What a traceback would show as the cause must not give the values away either.
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return text


def refusal(config_file: Path, server: str | None = None) -> str:
    return refused(lambda: load(config_file, server))


def read(settings: Settings, key: str) -> object:
    if key.startswith("websocket_") or key in ("io_threads", "compression"):
        return getattr(settings.websocket, key.removeprefix("websocket_"))
    return getattr(settings, key)


def as_yaml(key: str, value: object) -> str:
    if key.startswith("websocket_") or key in ("io_threads", "compression"):
        return yaml.safe_dump({"websocket_mock": {"config": {key: value}}})
    return yaml.safe_dump({"websocket_mock": {key: value}})


# Precedence


def test_defaults_are_the_documented_ones() -> None:
    settings = load()
    assert settings.name == "WebSocketMockMCP"
    assert settings.description == "WebSocket Mock MCP Server"
    assert settings.type == "websocket_mock"
    assert (settings.transport, settings.host, settings.port) == ("http", "localhost", 8004)
    assert settings.token is None
    assert settings.log_level == "INFO"
    assert settings.ready_file is None
    assert settings.mocks == ()
    assert settings.websocket == TransportConfig()


@pytest.mark.parametrize(("key", "default", "in_yaml", "in_environment", "flag"), SOURCES)
def test_flags_win_over_the_environment_over_yaml_over_defaults(
    write: Writer,
    key: str,
    default: object,
    in_yaml: object,
    in_environment: tuple[str, str, object],
    flag: object,
) -> None:
    config_file = write(as_yaml(key, in_yaml))
    variable, text, parsed = in_environment
    environ = {variable: text}

    def read_with(flags: dict[str, object], environ: dict[str, str]) -> object:
        settings = load_settings(flags, environ=environ, config_file=config_file, server=None)
        return read(settings, key)

    assert read(load(), key) == default
    assert read_with({}, {}) == in_yaml
    assert read_with({}, environ) == parsed
    assert read_with({key: flag}, environ) == flag
    assert read_with({key: flag}, {}) == flag


def test_a_flag_that_is_none_was_not_given() -> None:
    settings = load_settings(
        {"port": None}, environ={"MCP_PORT": "5"}, config_file=None, server=None
    )
    assert settings.port == 5


def test_keys_of_one_mapping_merge_from_different_sources(write: Writer) -> None:
    config_file = write("websocket_mock: {config: {websocket_host: a, max_connections: 7}}")
    settings = load_settings(
        {"io_threads": 2},
        environ={"WEBSOCKET_PORT": "0"},
        config_file=config_file,
        server=None,
    )
    assert settings.websocket == TransportConfig(host="a", port=0, io_threads=2, max_connections=7)


def test_the_process_environment_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("PORT", "MCP_PORT", "HOST", "TOKEN", "WEBSOCKET", "NAME"):
        monkeypatch.setenv(variable, "1")
    assert load() == Settings()
    assert load().port == 8004


# Environment


def test_every_transport_limit_has_a_variable() -> None:
    changed = {"fallback": "reject", "compression": "false", "subprotocols": "a, b", "host": "x"}
    environ = {
        f"WEBSOCKET_{field.upper()}": changed.get(field, "2048" if "bytes" in field else "3")
        for field in TransportConfig.model_fields
    }
    config = load_with(**environ).websocket
    assert config.subprotocols == ("a", "b")
    for field in TransportConfig.model_fields:
        assert getattr(config, field) != getattr(TransportConfig(), field), field


def test_the_other_variables_reach_their_settings() -> None:
    settings = load_with(MCP_TRANSPORT="streamable-http", MCP_TOKEN=SECRET, LOG_LEVEL="warning")
    assert settings.transport == "http"
    assert settings.token is not None
    assert settings.token.get_secret_value() == SECRET
    assert settings.log_level == "WARNING"


def test_journal_can_be_switched_off_and_holds_no_negative_number() -> None:
    assert load_with(JOURNAL_ENTRIES="0").journal_entries == 0
    assert "JOURNAL_ENTRIES" in refused(lambda: load_with(JOURNAL_ENTRIES="-1"))


def test_an_empty_variable_counts_as_not_set() -> None:
    assert load_with(MCP_TOKEN="", WEBSOCKET_PORT="") == Settings()


def test_a_wrong_variable_is_named_with_the_allowed_values() -> None:
    text = refused(lambda: load_with(WEBSOCKET_PORT="abc"))
    assert "WEBSOCKET_PORT" in text
    assert "'abc'" in text
    assert "from 0 to 65535" in text


@pytest.mark.parametrize("value", ["nan", "inf", "0", "-1"])
def test_a_timeout_must_be_a_positive_finite_number(value: str) -> None:
    assert "WEBSOCKET_PING_TIMEOUT" in refused(lambda: load_with(WEBSOCKET_PING_TIMEOUT=value))


# Flags


@pytest.mark.parametrize(
    ("flag", "value", "expected"),
    [
        ("port", 65536, "--port"),
        ("websocket_port", -1, "--websocket-port"),
        ("transport", "sse", "http or stdio"),
        ("log_level", "loud", "TRACE or DEBUG or INFO"),
        ("host", "", "--host"),
        ("io_threads", 65, "--io-threads"),
    ],
)
def test_a_wrong_flag_is_named(flag: str, value: object, expected: str) -> None:
    assert expected in refused(lambda: load_flags(**{flag: value}))


def test_a_ready_file_is_a_path() -> None:
    assert load_flags(ready_file="run/ready.json").ready_file == Path("run/ready.json")


def test_mocks_are_files() -> None:
    assert load_flags(mocks=["a.yaml", "b.json"]).mocks == (Path("a.yaml"), Path("b.json"))


def test_mocks_in_the_environment_are_separated_by_commas() -> None:
    assert load_with(WEBSOCKET_MOCKS="a.yaml, b.json,").mocks == (Path("a.yaml"), Path("b.json"))


def test_mocks_in_the_file_are_relative_to_it_and_flags_replace_them(write: Writer) -> None:
    config_file = write("websocket_mock: {mocks: [a.yaml, sub/b.yaml, /c.yaml]}")
    beside = config_file.parent
    assert load(config_file).mocks == (beside / "a.yaml", beside / "sub/b.yaml", Path("/c.yaml"))
    settings = load_settings(
        {"mocks": ["d.yaml"]},
        environ={"WEBSOCKET_MOCKS": "e.yaml"},
        config_file=config_file,
        server=None,
    )
    assert settings.mocks == (Path("d.yaml"),)


def test_server_without_a_file_is_refused() -> None:
    assert "--config" in refused(lambda: load(server="a"))


# The file


def test_the_single_form_reads_every_documented_key(write: Writer) -> None:
    settings = load(
        write("""
websocket_mock:
  name: "Mine"
  description: "D"
  type: "websocket_mock"
  host: "127.0.0.1"
  port: 1
  transport: "streamable-http"
  token: "t"
  log_level: "error"
  ready_file: "r.json"
  config: {websocket_host: "h", websocket_port: 2, max_message_bytes: 3, subprotocols: [x, y]}
""")
    )
    assert (settings.name, settings.description, settings.transport) == ("Mine", "D", "http")
    assert (settings.host, settings.port, settings.log_level) == ("127.0.0.1", 1, "ERROR")
    assert settings.ready_file == Path("r.json")
    assert settings.websocket == TransportConfig(
        host="h", port=2, max_message_bytes=3, subprotocols=("x", "y")
    )


def test_an_empty_config_mapping_means_defaults(write: Writer) -> None:
    assert load(write("websocket_mock:\n  config:\n")) == Settings()


def test_server_picks_an_entry_of_the_list_even_a_disabled_one(write: Writer) -> None:
    config_file = write(
        "servers: [{name: a, port: 1}, {name: b, port: 2}, {name: c, enabled: false, port: 3}]"
    )
    assert load(config_file, "b").port == 2
    assert load(config_file, "c").port == 3


def test_server_may_name_the_single_one(write: Writer) -> None:
    config_file = write("websocket_mock: {port: 1}")
    assert load(config_file, "WebSocketMockMCP").port == 1
    assert "no server 'x'" in refusal(config_file, "x")


def test_the_only_enabled_server_needs_no_name(write: Writer) -> None:
    config_file = write("servers: [{name: a, enabled: false}, {name: b, enabled: true, port: 2}]")
    assert load(config_file).port == 2


def test_several_enabled_servers_need_a_choice(write: Writer) -> None:
    text = refusal(write("servers: [{name: a}, {name: b}, {name: c, enabled: false}]"))
    assert "--server: a, b" in text
    assert "c" not in text.partition("--server")[2]


def test_no_enabled_server_is_refused_with_the_names(write: Writer) -> None:
    assert "--server: a" in refusal(write("servers: [{name: a, enabled: false}]"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("webocket_mock: {}", ["'webocket_mock'", "did you mean 'websocket_mock'"]),
        ("websocket_mock: {prot: 1}", ["'prot'", "did you mean 'port'"]),
        (
            "websocket_mock: {xyz: 1}",
            ["'xyz'", "allowed: allow_code, config, control_port, description"],
        ),
        ("websocket_mock: {websocket: {}}", ["'websocket'"]),
        ("websocket_mock: {enabled: true}", ["'enabled'"]),
        ("websocket_mock: {config: {port: 1}}", ["config", "did you mean 'websocket_port'"]),
        ("websocket_mock: {config: {max_mesage_bytes: 1}}", ["'max_message_bytes'"]),
        ("websocket_mock: {1: 2}", ["the key 1", "text"]),
        ("websocket_mock: {port: abc}", ["websocket_mock.port", "'abc'", "from 0 to 65535"]),
        ("websocket_mock: {port: true}", ["websocket_mock.port", "from 0 to 65535"]),
        ("websocket_mock: {port:}", ["websocket_mock.port", "None"]),
        ("websocket_mock: {name: 5}", ["name", "non-empty text"]),
        ("websocket_mock: {description: 5}", ["description", "give text"]),
        ("websocket_mock: {type: other}", ["type", '"websocket_mock"']),
        ("websocket_mock: {mocks: a.yaml}", ["mocks", "'a.yaml'", "a list of files"]),
        ("websocket_mock: {mocks: [5]}", ["mocks", "a list of files"]),
        ("websocket_mock: {mocks: true}", ["mocks", "a list of files"]),
        ("websocket_mock: {config: 5}", ["config", "mapping"]),
        ("websocket_mock: {config: {compression: 7}}", ["compression", "true or false"]),
        ("websocket_mock: {config: {subprotocols: [1]}}", ["subprotocols", "a list of texts"]),
        ("websocket_mock: {config: {fallback: x}}", ["fallback", "json or reject"]),
        ("websocket_mock: {config: {max_connections: 0}}", ["of at least 1"]),
        ("websocket_mock: {config: {ping_timeout: 0}}", ["above 0"]),
        ("websocket_mock: {}\nservers: []", ["either"]),
        ("websocket_mock: {}\nwebsocket_mock: {}", ["line 2", "given twice"]),
        ("websocket_mock: 5", ["websocket_mock", "mapping"]),
        ("- 5", ["mapping"]),
        ("servers: []", ["servers", "at least one"]),
        ("servers: {a: 1}", ["servers", "list"]),
        ("servers: [5]", ["server 1", "mapping"]),
        ("servers: [{port: 1}]", ["server 1", "'name'"]),
        ("servers: [{name: a}, {name: a}]", ["'a'", "names must differ"]),
        ("servers: [{name: a, enabled: maybe}]", ["server 1", "enabled", "true or false"]),
        ("servers: [{name: a, config: {prot: 1}}]", ["server 1 in servers (a).config", "'prot'"]),
        ("", ["empty"]),
        ("# nothing\n", ["empty"]),
        ("a: 1\nb: [", ["line 2", "not valid YAML"]),
        ("websocket_mock: {host: 2020-99-99}", ["not valid YAML"]),
        ("websocket_mock: {host: a\x00}", ["not valid YAML"]),
        (f"websocket_mock: {'[' * 5000}", ["not valid YAML"]),
    ],
)
def test_a_wrong_file_is_refused_in_one_line_that_names_file_and_key(
    write: Writer, text: str, expected: list[str]
) -> None:
    config_file = write(text)
    message = refusal(config_file)
    assert message.startswith(str(config_file))
    for part in expected:
        assert part in message


@pytest.mark.parametrize("field", TransportConfig.model_fields)
def test_every_transport_limit_refuses_a_mapping_in_words(write: Writer, field: str) -> None:
    key = f"websocket_{field}" if field in ("host", "port") else field
    message = refusal(write(yaml.safe_dump({"websocket_mock": {"config": {key: {"a": 1}}}})))
    assert f"websocket_mock.config.{key}: " in message
    assert not message.endswith("give ")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert refusal(tmp_path / "no.yaml") == (
        f"{tmp_path / 'no.yaml'}: there is no such configuration file"
    )


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    assert f"{tmp_path}: cannot be read" in refusal(tmp_path)


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    file = tmp_path / "binary.yaml"
    file.write_bytes(b"\xff\xfe\xfa")
    assert f"{file}: not valid YAML" in refusal(file)


@pytest.mark.parametrize(
    "text",
    [
        f"websocket_mock: {{token: [{SECRET}]}}",
        f"websocket_mock: {{token: {SECRET}, port: abc}}",
        f"websocket_mock: {{token: *{SECRET}}}",
        f"websocket_mock: {{token: !{SECRET} x}}",
        f"websocket_mock: {{token: '{SECRET}",
    ],
)
def test_a_refusal_never_shows_the_token(write: Writer, text: str) -> None:
    assert SECRET not in refusal(write(text))


def test_an_empty_token_is_refused() -> None:
    assert "--token" in refused(lambda: load_flags(token=""))


def test_settings_do_not_print_the_token() -> None:
    settings = load_flags(token=SECRET)
    assert SECRET not in f"{settings!r} {settings}"


def test_settings_are_frozen_and_closed() -> None:
    settings = Settings()
    with pytest.raises(ValidationError, match="frozen"):
        settings.port = 1  # type: ignore[misc]
    extra: dict[str, Any] = {"prot": 1}
    with pytest.raises(ValidationError, match="prot"):
        Settings(**extra)


def test_the_repository_s_files_are_valid() -> None:
    single = load(REPOSITORY / "config" / "websocket_mock.yaml")
    assert single == Settings()
    several = REPOSITORY / "config" / "servers.yaml"
    for server in ("WebSocketMockMCP", "StrictLimits", "AnyPort"):
        assert load(several, server).name == server


def test_the_commented_limits_of_the_example_are_the_real_defaults() -> None:
    text = (REPOSITORY / "config" / "websocket_mock.yaml").read_text(encoding="utf-8")
    block = text.partition("# The limits")[2].partition("\n")[2]
    limits = yaml.safe_load(inspect.cleandoc(block.replace("    # ", "")))
    # JSON mode, because YAML knows lists and no tuples.
    defaults = TransportConfig().model_dump(mode="json", exclude={"host", "port"})
    assert limits == defaults
