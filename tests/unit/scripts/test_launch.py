"""The composition root inside this process; the program as a whole is tested in `tests/e2e`."""

import json
import os
import signal
import subprocess
from contextlib import AbstractContextManager
from pathlib import Path

import pykka
import pytest
from websockets.exceptions import ConnectionClosedOK

from tests.helpers.bridge import UNBINDABLE_HOST
from tests.helpers.json_client import websocket
from tests.helpers.mcp_session import mcp_session
from tests.helpers.peers import peer
from tests.helpers.program import PROGRAM, environment
from tests.helpers.wait import PATIENCE, eventually
from websocket_mock import __version__
from websocket_mock.mcp_bridge.service.gateway import Gateway
from websocket_mock.scripts import launch, serving
from websocket_mock.scripts.mocks_file import load_all
from websocket_mock.scripts.settings import ConfigurationError, Settings
from websocket_mock.testing.child import OURS
from websocket_mock.transport.config import TransportConfig

FLAGS = [
    "--transport",
    "--host",
    "--port",
    "--token",
    "--websocket-host",
    "--websocket-port",
    "--io-threads",
    "--mocks",
    "--config",
    "--server",
    "--log-level",
    "--ready-file",
    "--version",
]

ANY_PORT = TransportConfig(port=0)


@pytest.fixture(autouse=True)
def _environment_of_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(OURS):
            monkeypatch.delenv(name)


class TestCommandLine:
    def test_help_names_every_flag(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as ended:
            launch.main(["--help"])

        assert ended.value.code == 0
        text = capsys.readouterr().out
        assert [word for word in (*FLAGS, "validate", "schema") if word not in text] == []

    def test_version_is_that_of_the_package(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as ended:
            launch.main(["--version"])

        assert ended.value.code == 0
        assert capsys.readouterr().out == f"{__version__}\n"

    @pytest.mark.parametrize(
        ("arguments", "culprit"),
        [
            (["--no-such-flag"], "--no-such-flag"),
            (["stray"], "stray"),
            (["--port"], "--port"),
            (["--web", "1"], "--web"),
        ],
    )
    def test_unknown_argument_is_one_line_and_exit_code_2(
        self, capsys: pytest.CaptureFixture[str], arguments: list[str], culprit: str
    ) -> None:
        with pytest.raises(SystemExit) as ended:
            launch.main(arguments)

        assert ended.value.code == 2
        out, err = capsys.readouterr()
        assert out == ""
        (line,) = err.splitlines()
        assert culprit in line
        assert "--help" in line

    @pytest.mark.parametrize(
        ("arguments", "culprit"),
        [
            (["--port", "abc"], "--port"),
            (["--websocket-port", "65536"], "--websocket-port"),
            (["--transport", "carrier-pigeon"], "--transport"),
            (["--log-level", "loud"], "--log-level"),
            (["--config", "no/such/file.yaml"], "no/such/file.yaml"),
            (["--server", "alone"], "--config"),
        ],
    )
    def test_wrong_value_is_one_line_and_exit_code_2(
        self, capsys: pytest.CaptureFixture[str], arguments: list[str], culprit: str
    ) -> None:
        assert launch.main(arguments) == 2

        out, err = capsys.readouterr()
        assert out == ""
        (line,) = err.splitlines()
        assert line.startswith("websocket-mock-server: ")
        assert culprit in line

    def test_wrong_variable_is_one_line_and_exit_code_2(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("WEBSOCKET_PORT", "many")

        assert launch.main([]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert "WEBSOCKET_PORT" in line

    def test_mocks_that_are_not_valid_are_told_line_by_line(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        wrong, missing = tmp_path / "wrong.yaml", tmp_path / "missing.yaml"
        wrong.write_text("endpoints: [{path: a}, {}]")

        assert launch.main(["--mocks", str(wrong), "--mocks", str(missing)]) == 2

        out, err = capsys.readouterr()
        assert out == ""
        assert [line.partition(": ")[0] for line in err.splitlines()] == [
            f"{wrong}",
            f"{wrong}",
            f"{missing}",
        ]
        assert "endpoints[1].path" in err

    def test_start_over_stdio_that_fails_is_one_line_and_exit_code_2(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """Over http it takes a whole process: `tests/e2e/test_configuration.py`."""
        for name in ("configure_logs", "raise_file_limit"):
            monkeypatch.setattr(serving, name, lambda *_: None)
        monkeypatch.setattr(signal, "signal", lambda *_: None)
        ready_file = tmp_path / "nowhere" / "ready.json"
        flags = ["--transport=stdio", "--websocket-port=0", f"--ready-file={ready_file}"]

        assert launch.main(flags) == 2
        out, err = capsys.readouterr()
        assert out == ""
        (line,) = err.splitlines()
        assert line.startswith(f"websocket-mock-server: {ready_file}: ")

    def test_ipv6_host_has_brackets_in_a_url(self) -> None:
        assert serving.in_url("::1") == "[::1]"
        assert serving.in_url("localhost") == "localhost"


class TestObjectForTheCli:
    def test_it_serves_for_as_long_as_it_is_connected(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("WEBSOCKET_PORT", "0")
        with mcp_session(launch.mcp) as session:
            status = session.call("get_websocket_server_status")
            with peer(status["websocket_server"]["url"]) as client:
                assert session.call("get_websocket_clients")["clients"][0]["id"] == client.id
        assert not pykka.ActorRegistry.get_all()

    def test_it_can_serve_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("WEBSOCKET_PORT", "0")
        for _ in range(2):
            with mcp_session(launch.mcp) as session:
                assert session.call("get_websocket_clients")["status"] == "success"

    def test_it_reads_the_environment_when_it_starts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("WEBSOCKET_HOST", UNBINDABLE_HOST)
        with mcp_session(launch.mcp) as session:
            answer = session.call("get_websocket_server_status")

        assert UNBINDABLE_HOST in answer["websocket_server"]["reason"]

    def test_wrong_environment_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("WEBSOCKET_PORT", "abc")

        with pytest.raises(RuntimeError, match="WEBSOCKET_PORT"), mcp_session(launch.mcp):
            pass

    def test_it_asks_for_a_token_if_there_is_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert launch.mcp.auth is None
        monkeypatch.setenv("MCP_TOKEN", "swordfish")
        assert serving.mcp_for_cli().auth is not None

    def test_empty_token_is_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """With an empty one, the check for a public address would let it through."""
        monkeypatch.setenv("MCP_TOKEN", "")
        assert serving.mcp_for_cli().auth is None


def test_output_that_nobody_reads_any_more_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [*PROGRAM, "schema"],
            env=environment(),
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (launch.OUTPUT_CLOSED, "")


def hosting(settings: Settings, control_url: str | None) -> AbstractContextManager[Gateway]:
    return serving.host(lambda: serving.Plan(settings, load_all(settings.mocks), control_url))


class TestHost:
    """Everything behind the bridge, on the main thread of this process."""

    def test_ready_file_says_where_it_serves_until_it_stops(self, tmp_path: Path) -> None:
        ready_file = tmp_path / "ready.json"
        settings = Settings(websocket=ANY_PORT, ready_file=ready_file)
        with hosting(settings, "http://localhost:1") as gateway:
            assert json.loads(ready_file.read_text()) == {
                "websocket_url": gateway.status().url,
                "mcp_url": "http://localhost:1/mcp",
                "control_url": "http://localhost:1",
                "pid": os.getpid(),
            }
            with peer(gateway.status().url):
                pass
        assert not ready_file.exists()

    def test_mocks_answer_their_paths(self, tmp_path: Path) -> None:
        mocks = tmp_path / "mocks.yaml"
        mocks.write_text("endpoints: [{path: /mine, unmatched: echo}]")
        settings = Settings(websocket=ANY_PORT, mocks=(mocks,))
        with (
            hosting(settings, None) as gateway,
            websocket(f"{gateway.status().url}/mine") as client,
        ):
            client.send("hello")
            assert client.recv(PATIENCE) == "hello"

    def test_no_ready_file_without_clients_side(self, tmp_path: Path) -> None:
        ready_file = tmp_path / "ready.json"
        settings = Settings(websocket=TransportConfig(host=UNBINDABLE_HOST), ready_file=ready_file)
        with hosting(settings, None) as gateway:
            assert not gateway.status().is_running
            assert not ready_file.exists()

    def test_ready_file_that_cannot_be_written_is_named(self, tmp_path: Path) -> None:
        ready_file = tmp_path / "nowhere" / "ready.json"
        settings = Settings(websocket=ANY_PORT, ready_file=ready_file)

        with (
            pytest.raises(ConfigurationError, match=f"{ready_file}: .* cannot be written"),
            hosting(settings, None),
        ):
            pass

    @pytest.mark.parametrize("control_url", [None, "http://localhost:1"], ids=["stdio", "http"])
    def test_signals_are_handled_while_it_serves(self, control_url: str | None) -> None:
        both = (signal.SIGINT, signal.SIGTERM)
        before = {one: signal.getsignal(one) for one in both}
        with hosting(Settings(websocket=ANY_PORT), control_url):
            assert not [one for one in both if signal.getsignal(one) == before[one]]
        assert {one: signal.getsignal(one) for one in both} == before

    @pytest.mark.parametrize("mcp_url", [None, "http://localhost:1/mcp"], ids=["stdio", "http"])
    @pytest.mark.parametrize(
        ("actor", "name"),
        [
            ("StatsCollector", "stats-collector"),
            ("ClientRegistry", "client-registry"),
            ("Broadcaster", "broadcaster"),
        ],
    )
    def test_singleton_that_breaks_ends_the_process_in_order(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        log_lines: list[str],
        actor: str,
        name: str,
        mcp_url: str | None,
    ) -> None:
        codes: list[int] = []
        monkeypatch.setattr(os, "_exit", codes.append)
        ready_file = tmp_path / "ready.json"
        settings = Settings(websocket=ANY_PORT, ready_file=ready_file)
        with (
            hosting(settings, mcp_url) as gateway,
            peer(gateway.status().url) as client,
        ):
            (ref,) = pykka.ActorRegistry.get_by_class_name(actor)
            ref.tell("no message of its union")
            with pytest.raises(ConnectionClosedOK) as closed:
                client.connection.recv(PATIENCE)
            eventually(lambda: codes)
            assert not ready_file.exists()

        assert codes == [serving.CRASHED]
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1001
        (critical,) = [line for line in log_lines if line.startswith("CRITICAL")]
        assert critical.startswith(f"CRITICAL {name} broke, stopping")
