"""Listening sockets for MCP over http."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

from tests.helpers.bridge import UNBINDABLE_HOST
from tests.helpers.wait import PATIENCE
from websocket_mock.scripts import operating_system as sockets_module
from websocket_mock.scripts.errors import ConfigurationError
from websocket_mock.scripts.operating_system import Purpose, bind_http

Bind = Callable[..., list[socket.socket]]

MCP_PORT = Purpose("MCP", "--port")


def has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6 loopback")


@pytest.fixture
def bind() -> Iterator[Bind]:
    """Bind as the program does, and close everything after the test."""
    with ExitStack() as stack:

        def bind_here(host: str, port: int = 0) -> list[socket.socket]:
            return [stack.enter_context(closing(one)) for one in bind_http(host, port, MCP_PORT)]

        yield bind_here


def port_of(sock: socket.socket) -> int:
    port: int = sock.getsockname()[1]
    return port


def accepts(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), PATIENCE).close()
    except OSError:
        return False
    return True


def test_localhost_listens_on_ipv4(bind: Bind) -> None:
    first, *_ = bind("localhost")

    assert first.family == socket.AF_INET
    assert accepts("127.0.0.1", port_of(first))


@needs_ipv6
def test_localhost_listens_on_ipv6_on_the_same_port(bind: Bind) -> None:
    first, second = bind("localhost")

    assert second.family == socket.AF_INET6
    assert port_of(first) == port_of(second)
    assert accepts("::1", port_of(first))


def test_localhost_without_ipv6_listens_on_ipv4_alone(
    bind: Bind, monkeypatch: pytest.MonkeyPatch
) -> None:
    listen = sockets_module._listen

    def listen_without_ipv6(host: str, port: int) -> socket.socket:
        if host == "::1":
            raise OSError(97, "Address family not supported by protocol")
        return listen(host, port)

    monkeypatch.setattr(sockets_module, "_listen", listen_without_ipv6)
    (only,) = bind("localhost")

    assert only.family == socket.AF_INET


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", pytest.param("::1", marks=needs_ipv6)])
def test_an_address_is_one_socket(bind: Bind, host: str) -> None:
    (only,) = bind(host)

    assert only.getsockname()[0] == host


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "localhost"])
def test_http_answers_are_not_held_back(bind: Bind, host: str) -> None:
    """asyncio sets TCP_NODELAY on what it accepts if the listening socket names TCP."""
    for listener in bind(host):
        assert listener.proto == socket.IPPROTO_TCP
        assert asyncio.run(has_nodelay(listener))


async def has_nodelay(listener: socket.socket) -> bool:
    """Whether a connection that asyncio accepts on this socket sends without delay."""
    accepted: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    async def look(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sock: socket.socket = writer.get_extra_info("socket")
        accepted.set_result(bool(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)))
        writer.close()

    # A copy, because asyncio closes what it is given.
    async with await asyncio.start_server(look, sock=listener.dup()):
        _, writer = await asyncio.open_connection(*listener.getsockname()[:2])
        async with asyncio.timeout(PATIENCE):
            found = await accepted
        writer.close()
        await writer.wait_closed()
    return found


def test_port_is_usable_again_at_once(bind: Bind) -> None:
    (first,) = bind("127.0.0.1")
    port = port_of(first)
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as client:
        accepted, _ = first.accept()
        # Whoever closes first keeps the port in TIME_WAIT.
        accepted.close()
        client.recv(1)
    first.close()

    (again,) = bind("127.0.0.1", port)
    assert port_of(again) == port


def test_port_in_use_is_named_with_the_way_out(bind: Bind) -> None:
    taken = port_of(bind("127.0.0.1")[0])

    with pytest.raises(ConfigurationError) as caught:
        bind("localhost", taken)
    assert str(caught.value) == (
        f"MCP port {taken} on localhost is in use: choose another with --port, or 0 for any"
    )


@needs_ipv6
def test_port_in_use_on_ipv6_alone_counts_and_leaves_nothing_bound(bind: Bind) -> None:
    taken = port_of(bind("::1")[0])

    with pytest.raises(ConfigurationError, match=f"MCP port {taken} on localhost is in use"):
        bind("localhost", taken)
    assert not accepts("127.0.0.1", taken)


@needs_ipv6
def test_any_port_means_one_that_is_free_on_both(
    bind: Bind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's choice for IPv4 may be in use on IPv6."""
    taken = port_of(bind("::1")[0])
    listen = sockets_module._listen
    choices = [taken]

    def listen_on_choice(host: str, port: int) -> socket.socket:
        is_choice = port == 0 and choices
        return listen(host, choices.pop() if is_choice else port)

    monkeypatch.setattr(sockets_module, "_listen", listen_on_choice)
    first, second = bind("localhost", 0)

    assert port_of(first) == port_of(second) != taken


@pytest.mark.parametrize("host", [UNBINDABLE_HOST, "no.such.host.invalid"])
def test_address_that_cannot_be_had_is_named_with_the_way_out(bind: Bind, host: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        bind(host, 8004)
    text = str(caught.value)
    assert text.startswith(f"MCP cannot listen on {host}:8004: ")
    assert text.endswith("choose with --host")
    assert "\n" not in text
