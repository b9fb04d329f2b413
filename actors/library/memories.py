"""What a namespace remembers of its logical clients and of its endpoints."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from websocket_mock.actors.conversation.replay import Replay, SharedMemory
from websocket_mock.actors.conversation.variables import Pool, Variables

MAX_CLIENTS = 100_000
"""The most logical clients to remember; beyond that, the one seen longest ago is forgotten."""

MAX_ENDPOINTS = 10_000
"""The most endpoints to remember, in the same way."""


@dataclass(frozen=True, slots=True)
class _Client:
    variables: Variables
    replay: Replay

    def clear(self) -> None:
        self.variables.clear()
        self.replay.clear()


class Memories:
    """The memory that outlives connections. Any thread may use it.

    The mutex is held while something is changed, never while a template is rendered.
    """

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._pool = Pool()
        self._clients: OrderedDict[tuple[str, str], _Client] = OrderedDict()
        """By the name of the endpoint and the key of the logical client."""
        self._endpoints: OrderedDict[str, Variables] = OrderedDict()

    def of(self, endpoint: str, client_key: str) -> SharedMemory:
        """Return the memory of a connection of a logical client to an endpoint."""
        key = (endpoint, client_key)
        with self._mutex:
            client = self._clients.pop(key, None) or _Client(
                Variables(self._pool), Replay(self._pool)
            )
            self._clients[key] = client
            variables = self._endpoints.pop(endpoint, None) or Variables(self._pool)
            self._endpoints[endpoint] = variables
            if len(self._clients) > MAX_CLIENTS:
                self._clients.popitem(last=False)[1].clear()
            if len(self._endpoints) > MAX_ENDPOINTS:
                self._endpoints.popitem(last=False)[1].clear()
        recall = partial(self.of, endpoint)
        return SharedMemory(client.variables, variables, client.replay, self._mutex, recall)

    def endpoint_vars(self, endpoint: str) -> Mapping[str, Any]:
        """Return the variables of an endpoint."""
        with self._mutex:
            variables = self._endpoints.get(endpoint)
        return {} if variables is None else variables.values

    def client_vars(self, endpoint: str) -> dict[str, Mapping[str, Any]]:
        """Return the variables of each logical client of an endpoint that has any, by its key."""
        with self._mutex:
            clients = [(key[1], one) for key, one in self._clients.items() if key[0] == endpoint]
        return {key: one.variables.values for key, one in clients if one.variables.values}

    def forget(self) -> None:
        """Forget all variables and all messages. Open connections go on with empty ones."""
        with self._mutex:
            for client in self._clients.values():
                client.clear()
            for variables in self._endpoints.values():
                variables.clear()
