"""A server in between that changes what the real one answers."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.sync.server import ServerConnection

from tests.helpers.faulty_server import serve_in_thread
from tests.helpers.wait import PATIENCE

Data = str | bytes
Tamper = Callable[[Data], Sequence[Data]]
"""Makes of one message from the real server those that the client gets instead."""


@contextmanager
def tampering_server(url: str, tamper: Tamper) -> Iterator[str]:
    """Serve a changed version of another server, and leave no thread behind."""

    def handle(client: ServerConnection) -> None:
        path = client.request.path if client.request else ""
        with connect(url + path, ping_interval=None, proxy=None) as real:
            back = threading.Thread(target=_pass_back, args=(real, client, tamper))
            back.start()
            try:
                for data in client:
                    real.send(data)
            except ConnectionClosed:
                return
            finally:
                real.close()
                back.join(PATIENCE)

    with serve_in_thread(handle) as changed_url:
        yield changed_url


def _pass_back(real: ClientConnection, client: ServerConnection, tamper: Tamper) -> None:
    try:
        for data in real:
            for changed in tamper(data):
                client.send(changed)
        client.close()
    except ConnectionClosed:
        return
