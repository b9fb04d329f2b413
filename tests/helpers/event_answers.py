"""A server of events that says exactly what a test wants."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.helpers.wait import PATIENCE


def event(name: str, place: int, **data: Any) -> str:
    return f"id: {place}\nevent: {name}\ndata: {json.dumps(data)}\n\n"


@contextmanager
def answering(*bodies: str | bytes) -> Iterator[tuple[str, list[str]]]:
    """Answer one connection after another, each with a stream that ends; keep the requests."""
    requests = list[str]()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE)

        def serve() -> None:
            for body in bodies:
                peer, _ = listener.accept()
                with peer:
                    requests.append(peer.recv(65536).decode())
                    head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
                    peer.sendall(body if isinstance(body, bytes) else (head + body).encode())
            listener.close()

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", requests
        thread.join(PATIENCE)
