"""A server somewhere else: over REST, with nothing but the standard library."""

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from websocket_mock.scripts.control.problems import NoServer, Refused, WrongUsage
from websocket_mock.scripts.control.rest import find_server
from websocket_mock.testing.control import Result, named, refused
from websocket_mock.testing.errors import BadDefinition, MockError
from websocket_mock.testing.words import sentence

if TYPE_CHECKING:
    from pydantic import BaseModel

    from websocket_mock.actors.conversation.own_code import Function

PAGE = 200
"""The most entries of a page."""

MAX_PEM = 64 * 1024
"""The most bytes of a certificate that are read."""

NOT_FOUND = 404


class RemoteControl:
    """Calls the tools of a running server. Any thread.

    Args:
        url: the address of its control plane, such as http://localhost:8004; None: that of
            $WEBSOCKET_MOCK_URL, or the only server of this user that runs.
        token: the bearer token; None: that of $MCP_TOKEN, if there is one.
        ca_file: the authority to trust, for https; None: that of $WEBSOCKET_MOCK_CA_FILE, or what
            the server has noted if it is one of this user.

    Raises:
        MockError: no server can be found.
    """

    def __init__(
        self, url: str | None = None, token: str | None = None, ca_file: str | None = None
    ) -> None:
        try:
            self._server = find_server(url, token, ca_file=ca_file)
        except (NoServer, WrongUsage) as error:
            raise MockError(sentence(str(error))) from None
        self.address = self._server.url

    runs_code = False

    def call(
        self, tool: str, arguments: Mapping[str, Any], gone: threading.Event | None = None
    ) -> Result:
        """Call a tool; see `Control`. A wait whose caller has gone goes on until its timeout."""
        del gone
        try:
            return self._server.call(tool, arguments)
        except Refused as error:
            raise refused(str(error)) from None
        except NoServer as error:
            raise MockError(sentence(str(error))) from None

    def read(self, match: Mapping[str, Any], after: int, namespace: str | None) -> Iterator[Result]:
        """Yield entries; see `Control`. Each page is a call."""
        asked = named({"match": match, "limit": PAGE, "detail": "full", "namespace": namespace})
        while True:
            page = self.call("get_websocket_traffic", {**asked, "after": after})
            yield from page["entries"]
            if len(page["entries"]) == page["matched"]:
                return
            after = page["next_cursor"]

    def set_mock(self, arguments: Mapping[str, Any], functions: "Mapping[str, Function]") -> Result:
        """Call the tool that sets a mock; see `Control`."""
        assert not functions
        return self.call("set_websocket_mock", arguments)

    def load(self, path: Path, namespace: str | None) -> list[str]:
        """Put the mocks of a file in force; see `Control`.

        The file is read here. So what it includes is found, but it cannot `send` other files or
        `use` Python code.
        """
        # Only here: the compiler takes half a second to load.
        from websocket_mock.scripts.errors import BadFile  # noqa: PLC0415
        from websocket_mock.scripts.mocks_file import load  # noqa: PLC0415

        try:
            mocks = load(path).mocks
        except BadFile as error:
            raise MockError(str(error)) from None
        where = named({"namespace": namespace})
        for one in mocks.endpoints:
            seed = one.seed.removesuffix(f"/{one.name}")
            self._set(one.name, {"endpoint": _plain(one.source), "seed": seed, **where})
        if mocks.faults:
            faults = [_plain(one.source) for one in mocks.faults]
            result = self.call("set_websocket_faults", {"faults": faults, **where})
            _refuse_errors("the faults", result)
        return [endpoint.name for endpoint in mocks.endpoints]

    def _set(self, name: str, arguments: Mapping[str, Any]) -> None:
        _refuse_errors(name, self.call("set_websocket_mock", arguments))

    def authority(self) -> str | None:
        """Return the certificate of the authority; see `Control`."""
        try:
            with self._server.request("GET", "/ca.pem") as response:
                return response.read(MAX_PEM).decode()
        except Refused as error:
            if error.status == NOT_FOUND:
                return None
            raise refused(str(error)) from None
        except NoServer as error:
            raise MockError(sentence(str(error))) from None

    def stop(self) -> None:
        """Leave the server running: it is not ours."""


def _plain(model: "BaseModel") -> Result:
    return model.model_dump(mode="json", by_alias=True, exclude_unset=True)


def _refuse_errors(what: str, result: Result) -> None:
    if result["errors"]:
        raise BadDefinition(what, result["errors"])
