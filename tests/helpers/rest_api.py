"""A client of the tools over REST, on one connection that is kept alive."""

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from tests.helpers.http_client import Answer
from tests.helpers.wait import PATIENCE

AS_JSON = {"Content-Type": "application/json"}


class RestApi:
    """Calls block their thread, each for `PATIENCE` at most."""

    def __init__(self, connection: http.client.HTTPConnection) -> None:
        self._connection = connection
        self.headers: Mapping[str, str] = {}
        """Those of the last answer."""

    def call(self, tool: str, /, **arguments: Any) -> dict[str, Any]:
        """Return the result of a tool; a refusal is an error of the test."""
        answer = self.post(tool, arguments)
        assert answer.status == 200, answer
        return dict(answer.json())

    def post(self, tool: str, arguments: Any) -> Answer:
        return self.ask("POST", f"/api/{tool}", json.dumps(arguments), AS_JSON)

    def get(self, tool: str, /, **query: Any) -> Answer:
        """Ask with a query: texts as they are, lists as repeated names, all else as JSON."""
        values = {
            name: value if isinstance(value, str | list) else json.dumps(value)
            for name, value in query.items()
        }
        return self.ask("GET", f"/api/{quote(tool)}?{urlencode(values, doseq=True)}")

    def ask(
        self,
        method: str,
        target: str,
        body: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        self._connection.request(method, target, body, dict(headers or {}))
        response = self._connection.getresponse()
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, response.read().decode())


@contextmanager
def rest_api(http_url: str) -> Iterator[RestApi]:
    """Connect to a server."""
    parts = urlsplit(http_url)
    assert parts.hostname is not None
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE)
    with closing(connection):
        yield RestApi(connection)
