"""Finds the endpoint that answers a plain HTTP request."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from websocket_mock.actors.conversation.compiled import Found
from websocket_mock.actors.conversation.core import ConnectionContext
from websocket_mock.actors.conversation.runner import ActionRunner
from websocket_mock.actors.library.http_exchange import Counts, HttpExchange
from websocket_mock.actors.library.library import client_key
from websocket_mock.actors.library.namespace import Namespace
from websocket_mock.actors.library.router import Router
from websocket_mock.actors.matching.http_conditions import HttpView
from websocket_mock.actors.values.http_request import HttpRequest
from websocket_mock.actors.values.models import ClientId, TransportStatus
from websocket_mock.actors.values.namespaces import split_namespace


@dataclass(frozen=True, slots=True)
class HttpPlan:
    """An HTTP request whose endpoint was found."""

    request: HttpRequest
    """With its number among those of the same logical client."""
    endpoint: str
    logical_client: str
    """Stands for the client's key in public."""
    exchange: HttpExchange
    namespace: Namespace


class HttpRouter:
    """Finds what answers HTTP requests. Any thread may use it.

    Args:
        router: has the mocks in force, and gives logical clients their public names.
        status: tells where the server listens.
    """

    def __init__(self, router: Router, status: Callable[[], TransportStatus]) -> None:
        self._library = router.library
        self._router = router
        self._status = status

    def answers(self, path: str) -> bool:
        """Return whether HTTP rules answer a path. It is the path that the client sent."""
        return self._find(*split_namespace(path)) is not None

    def _find(self, name: str | None, path: str) -> tuple[Namespace, Found] | None:
        namespace = self._library.find(name)
        found = None if namespace is None else namespace.book.find(path)
        if namespace is None or found is None or not found.endpoint.http.rules:
            return None
        return namespace, found

    def begin(self, request: HttpRequest, wake: Callable[[], object]) -> HttpPlan | None:
        """Count a request, and return how to answer it. `leave` must follow.

        Args:
            request: the request.
            wake: makes the transport ask for the next step; any thread may call it.

        Returns:
            None: the endpoint has gone meanwhile.
        """
        place = self._find(request.namespace, request.path)
        if place is None:
            return None
        namespace, found = self._library.enter(place[0]), place[1]
        name, who = found.endpoint.name, client_key(found, request)
        attempt = namespace.count_attempt(f"http {name}", who)
        request = replace(request, attempt=attempt)
        context = ConnectionContext(ClientId(""), request.path, "", self._status, request)
        runner = ActionRunner(
            context,
            found.captures,
            f"{found.endpoint.seed}/http/{who}/{attempt}",
            found.endpoint.initial_state,
            namespace.memories.of(name, who),
        )
        counts = Counts(
            lambda rule: namespace.count_attempt(f"http {name} {rule}", who),
            lambda rule: namespace.attempts_of(f"http {name} {rule}", who),
        )
        exchange = HttpExchange(
            found, HttpView.of(request), runner, counts, self._library.clock, wake
        )
        logical = self._router.public_name(request.namespace, name, who)
        return HttpPlan(request, name, logical, exchange, namespace)

    def leave(self, plan: HttpPlan) -> None:
        """Note that a request was answered, or its client has left."""
        self._library.leave(plan.namespace)
