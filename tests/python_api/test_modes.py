"""The same calls on a server in this process, in a child, and on one that runs anywhere."""

import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.helpers.json_client import websocket
from tests.helpers.program import ROOT, environment, serving
from tests.helpers.wait import PATIENCE, eventually
from websocket_mock import (
    BadDefinition,
    MockError,
    UnexpectedTraffic,
    VerificationFailed,
    WaitTimedOut,
    WebSocketMock,
)

TOKEN = "of a test"
MOCKS = """
actions:
  greet: [{send: {json: {type: hello}}}]
endpoints:
  - path: /file
    rules: [{name: greeting, trigger: connect, do: [{use: greet}]}]
faults:
  - {name: cut, truncate: {to: 1}, match: {text: long}}
"""


@pytest.fixture(scope="module", params=["thread", "process", "connect"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WebSocketMock]:
    """A server for all tests of this module, in each of the three modes."""
    match request.param:
        case "thread":
            mock = WebSocketMock(close_timeout=1, tls_self_signed=True).start()
            yield mock
            mock.stop()
        case "process":
            mock = WebSocketMock.start_process(
                close_timeout=1, subprotocols=["v1"], tls_self_signed=True, tls_control=True
            )
            yield mock
            mock.stop()
        case _:
            folder = tmp_path_factory.mktemp("server")
            flags = (f"--token={TOKEN}", "--tls-self-signed", "--tls-control")
            with serving(folder, *flags) as running:
                with pytest.raises(MockError, match="token"):
                    WebSocketMock.connect(running.http_url, token="wrong")
                ca_file = running.ca_file
                mock = WebSocketMock.connect(running.http_url, token=TOKEN, ca_file=ca_file)
                yield mock
                mock.stop()
                assert running.process.poll() is None


@pytest.fixture
def mock(server: WebSocketMock) -> Iterator[WebSocketMock]:
    namespace = server.new_namespace()
    yield namespace
    namespace.stop()


def test_a_client_backs_off(mock: WebSocketMock) -> None:
    prices = mock.endpoint("/prices/{symbol}")
    prices.handshake(attempt=1).reject(503, headers={"Retry-After": "1"})
    prices.on(json={"$.type": "subscribe"}).send(json={"type": "tick", "n": 1}).expect(1)
    url = prices.url(symbol="acme")
    with pytest.raises(InvalidStatus), websocket(url):
        pass
    with websocket(url) as client:
        client.send('{"type":"subscribe"}')
        assert client.recv(PATIENCE) == '{"type":"tick","n":1}'
        second = mock.wait_for(kind="handshake", attempt=2, timeout=PATIENCE)
        assert second.gap is not None
        assert second.gap >= 0
        prices.push(json={"type": "halt"})
        assert client.recv(PATIENCE) == '{"type":"halt"}'
        assert [one["attempt"] for one in mock.clients()] == [2]
        prices.close(1012)
        with pytest.raises(ConnectionClosed):
            client.recv(PATIENCE)
    mock.verify(json={"$.type": "subscribe"}, count=1)
    mock.verify_order({"kind": "handshake", "status": 503}, {"kind": "close", "code": 1012})
    assert prices.fired() == {"rules[0]": 1}
    mock.check()


def test_a_client_with_tls_trusts_the_server(mock: WebSocketMock) -> None:
    chat = mock.endpoint("/chat/{room}")
    chat.on(text="hi").send(text="hello")
    url = chat.secure_url(room="blue", query={"n": "1"})
    assert url == chat.url(room="blue", query={"n": "1"}).replace("ws:", "wss:")
    assert mock.ca_file is not None
    for trust in (mock.ssl_context(), ssl.create_default_context(cafile=mock.ca_file)):
        with websocket(url, ssl=trust) as client:
            client.send("hi")
            assert client.recv(PATIENCE) == "hello"
    with pytest.raises(ssl.SSLCertVerificationError), websocket(url):
        pass
    mock.check()


def test_a_connection_is_driven_by_hand(mock: WebSocketMock) -> None:
    chat = mock.endpoint("/chat")
    long = "long " * 20_000
    with websocket(chat.url()) as client:
        conversation = chat.accept(timeout=PATIENCE)
        client.send(long)
        assert conversation.receive(timeout=PATIENCE).size == len(long)
        with conversation.fault("drop"):
            conversation.send(text="lost")
            mock.wait_for(kind="fault", timeout=PATIENCE)
        conversation.send(binary=b"\x01")
        assert client.recv(PATIENCE) == b"\x01"
        conversation.abort()
        conversation.expect_close(1006, timeout=PATIENCE)
    mock.check()


def test_what_goes_wrong_is_said_the_same(mock: WebSocketMock) -> None:
    chat = mock.endpoint("/chat")
    with pytest.raises(BadDefinition, match=r"rules\[0\]\.do\[0\]\.send\.fragmnts: unknown key"):
        chat.on(text="a").send(text="b", fragmnts=2)
    with pytest.raises(MockError, match=r"^kind: 'messag' is not allowed"):
        mock.wait_for(kind="messag")  # type: ignore[arg-type]
    with pytest.raises(WaitTimedOut, match="within 0 s, but none came"):
        mock.wait_for(text="a", timeout=0)
    with websocket(chat.url()) as client:
        client.send("hi")
        with pytest.raises(VerificationFailed, match="twice, but it came once"):
            chat.verify(kind="open", count=2)
        chat.accept(timeout=PATIENCE).wait_for(text={"starts_with": "h"}, timeout=PATIENCE)
        client.send("nobody expects this")
        chat.verify(kind="message", direction="received", at_least=2, within=PATIENCE)
        mock.reset("traffic")
        client.send("nor this")
        chat.wait_for(kind="message", timeout=PATIENCE)
        chat._traffic.expected.clear()
        with pytest.raises(UnexpectedTraffic, match=r"1 message nobody expected:\n  \d+  nor this"):
            mock.check()


def test_a_file_is_put_in_force(mock: WebSocketMock, tmp_path: Path) -> None:
    (tmp_path / "mocks.yaml").write_text(MOCKS)
    endpoint = mock.load(tmp_path / "mocks.yaml")["/file"].expect("greeting", 1)
    with websocket(endpoint.url()) as client:
        assert client.recv(PATIENCE) == '{"type":"hello"}'
        endpoint.push(text="long")
        assert client.recv(PATIENCE) == "l"
    mock.check()
    (tmp_path / "bad.yaml").write_text("endpoints: [{path: /a, rulse: []}]")
    with pytest.raises(MockError, match="did you mean 'rules'"):
        mock.load(tmp_path / "bad.yaml")


def test_callbacks_run_in_this_process_only(server: WebSocketMock, mock: WebSocketMock) -> None:
    chat = mock.endpoint("/chat")
    if server._control is not None and server._control.runs_code:
        chat.on_message(text="hi")(lambda _: "hello")
        with websocket(chat.url()) as client:
            client.send("hi")
            assert client.recv(PATIENCE) == "hello"
    else:
        with pytest.raises(MockError, match=r"Use WebSocketMock\(\), or actions such as send"):
            chat.on_message(text="hi")


def test_what_happened_before_does_not_count(tmp_path: Path) -> None:
    with serving(tmp_path) as running:
        with WebSocketMock.connect(running.http_url) as first, websocket(first.url("/echo")):
            first.wait_for(kind="open", timeout=PATIENCE)
        second = WebSocketMock.connect(running.http_url)
        assert second.traffic(kind="open") == []
        with pytest.raises(WaitTimedOut):
            second.wait_for(kind="open", timeout=0)
        with pytest.raises(VerificationFailed):
            second.verify(kind="open")
        second.check()
        second.stop()
        with pytest.raises(MockError, match="This mock has been stopped"):
            second.start()


def test_a_child_that_cannot_start_says_why() -> None:
    with pytest.raises(MockError, match=r"did you mean 'port'\?"):
        WebSocketMock.start_process(prt=1)
    with pytest.raises(MockError, match=r"The mock server does not start:\n.*unrecognized"):
        WebSocketMock.start_process(flags=["--nonsense"])


def test_a_server_that_has_gone_is_named() -> None:
    mock = WebSocketMock.start_process()
    process = mock._control._process  # type: ignore[union-attr] # of the child
    process.kill()
    process.wait(PATIENCE)
    with pytest.raises(MockError, match=r"Cannot reach http://.*: connection refused"):
        mock.traffic()
    mock.stop()
    mock.stop()


def test_a_cancelled_wait_on_another_server_ends(
    server: WebSocketMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("websocket_mock.testing.traffic.ABANDONED_WAIT", 0.1)
    mock = server.new_namespace()
    traffic = mock._seen()[0]

    async def run() -> None:
        with anyio.move_on_after(0.05) as scope:
            await mock.aio.wait_for(text="never", timeout=250)
        assert scope.cancelled_caught

    anyio.run(run)
    eventually(lambda: not traffic.call("list_websocket_checks")["running"])
    mock.stop()


PARENT = """
import os, signal
from websocket_mock import WebSocketMock
mock = WebSocketMock.start_process()
print(mock._control._process.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_child_ends_when_its_parent_is_killed() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PARENT],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
        timeout=3 * PATIENCE,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    eventually(lambda: not _is_running(int(done.stdout)))


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # Whoever inherits an orphan may take its time to collect it.
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rpartition(") ")[2][0] != "Z"
