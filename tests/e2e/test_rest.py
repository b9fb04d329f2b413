"""The tools over REST to the real process: the same results as over MCP, and what errors tell."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.sync.client import connect

from tests.helpers.mcp_session import McpSession, mcp_session
from tests.helpers.program import RunningServer
from tests.helpers.rest_api import AS_JSON, RestApi, rest_api
from tests.helpers.tool_tour import ENDPOINT
from tests.helpers.wait import PATIENCE
from websocket_mock.mcp_bridge.tools.catalogue import TOOLS
from websocket_mock.mcp_bridge.tools.tool import Effect

pytestmark = pytest.mark.e2e

CLIENTS = "get_websocket_clients"
MOCKS = "list_websocket_mocks"
SEND = "send_websocket_message"
SET = "set_websocket_mock"
TRAFFIC = "get_websocket_traffic"
VERIFY = "verify_websocket_traffic"
WAIT = "wait_for_websocket_event"

READING = [name for name, tool in TOOLS.items() if tool.effect is Effect.READS]


@pytest.fixture
def api(running_server: RunningServer) -> Iterator[RestApi]:
    with rest_api(running_server.control_url) as connected:
        yield connected


@pytest.fixture(scope="module")
def session(running_server: RunningServer) -> Iterator[McpSession]:
    with mcp_session(running_server.mcp_url) as connected:
        yield connected


class Skins:
    """Calls a tool over MCP in one namespace and over REST in another one of the same content."""

    def __init__(self, session: McpSession, api: RestApi) -> None:
        self._session = session
        self._api = api
        self.called: set[str] = set()

    def same(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Return the result over REST, which must be that over MCP."""
        self.called.add(tool)
        over_mcp = self._session.call(tool, **arguments, namespace="over-mcp")
        over_rest = self._api.call(tool, **arguments, namespace="over-rest")
        assert steady(over_rest) == steady(over_mcp)
        return over_rest


CHANGING = {
    *("id", "client", "client_id", "remote_address", "seq", "next_cursor", "evidence"),
    *("connected_at", "last_activity", "time", "began", "number", "memory_bytes", "logical_client"),
    *("last", "bytes", "entries_seen"),
}
"""Keys whose values differ from call to call, or from client to client."""


def steady(value: Any) -> Any:
    """Return a result without what differs between two calls: the types of such values only."""
    if isinstance(value, dict):
        return {
            key: type(item).__name__ if is_changing(key, item) else steady(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [steady(item) for item in value]
    if isinstance(value, str):
        value = re.sub(r"entry \d+", "entry N", value.replace("over-mcp", "over-rest"))
        return re.sub(r"^[0-9a-f]{8}$", "the id of a client", value)
    return value


def is_changing(key: str, item: object) -> bool:
    return isinstance(item, float) or key in CHANGING


def test_every_tool_gives_the_same_over_rest_and_over_mcp(
    session: McpSession, api: RestApi
) -> None:
    skins = Skins(session, api)
    url = skins.same(SET, endpoint=ENDPOINT, seed="5")["url"]
    with (
        connect(url.replace("over-rest", "over-mcp"), open_timeout=PATIENCE) as one,
        connect(url, open_timeout=PATIENCE) as two,
    ):
        for client in (one, two):
            client.send("hi")
            assert client.recv(PATIENCE) == "hello"
        skins.same(CLIENTS)
        skins.same("get_websocket_server_status")
        skins.same(MOCKS, name="prices")
        skins.same("explain_websocket_message", endpoint="prices", text="ho")
        skins.same("set_websocket_faults", faults=[{"drop": {}, "frames": {"nth": 1}}], seed=2**70)
        skins.same(SEND, message_type="big", payload={"ü": [10**30, None, 0.1]})
        skins.same(SEND, message_type="big", payload={"ü": [10**30, None, 0.1]})
        message = json.loads(one.recv(PATIENCE))
        assert message["payload"] == json.loads(two.recv(PATIENCE))["payload"]
        assert message["payload"] == {"ü": [10**30, None, 0.1]}
        skins.same(WAIT, match={"rule": "greet"}, after="start", timeout=PATIENCE)
        skins.same(WAIT, match={"kind": "fault"}, after="start", quiet="50ms", timeout=PATIENCE)
        skins.same(TRAFFIC, match={"direction": "received"}, detail="full")
        skins.same(VERIFY, expect={"rule": "greet", "exactly": 1})
        skins.same(VERIFY, sequence={"entries": [{"kind": "open"}, {"kind": "close"}]})
        skins.same("list_websocket_checks")
        skins.same("test_websocket_connection", test_type="ping")
        skins.same("close_websocket_client", code=4001)
    skins.same("remove_websocket_mock", names=["prices", "none"])
    skins.same("reset_websocket_server", what=["namespace"])
    assert session.call("get_websocket_schema", parts=["Tests"]) == api.call(
        "get_websocket_schema", parts=["Tests"]
    )
    assert skins.called == set(TOOLS) - {"get_websocket_schema"}


class TestGet:
    @pytest.mark.parametrize("tool", READING)
    def test_every_tool_that_reads_takes_get(self, api: RestApi, tool: str) -> None:
        needed: dict[str, Any] = {
            WAIT: {"match": {}, "timeout": 0.01},
            VERIFY: {"expect": {"kind": "ping"}},
            "explain_websocket_message": {"endpoint": "/", "seq": 10**9},
        }
        over_get = api.get(tool, **needed.get(tool, {}))
        over_post = api.post(tool, needed.get(tool, {}))

        assert over_get.status == over_post.status
        assert steady(over_get.json()) == steady(over_post.json())

    @pytest.mark.parametrize("tool", sorted(set(TOOLS) - set(READING)))
    def test_tool_that_changes_something_takes_post_only(self, api: RestApi, tool: str) -> None:
        answer = api.get(tool)

        assert (answer.status, api.headers["allow"]) == (405, "POST")
        assert answer.json() == {"error": f"{tool} changes something: use POST, not GET."}

    @pytest.mark.parametrize(
        ("query", "arguments"),
        [
            ({"match": {"kind": "open"}}, {"match": {"kind": "open"}}),
            ({"limit": 5, "after": "0"}, {"limit": 5, "after": 0}),
            ({"detail": "full", "namespace": "*"}, {"detail": "full", "namespace": "*"}),
            ({"seq": 10**30}, {"seq": 10**30}),
        ],
        ids=["object", "numbers", "texts", "a number beyond 64 bits"],
    )
    def test_values_are_read_as_those_of_post(
        self, api: RestApi, query: dict[str, Any], arguments: dict[str, Any]
    ) -> None:
        assert api.get(TRAFFIC, **query).json() == api.call(TRAFFIC, **arguments)

    @pytest.mark.parametrize("parts", [["Tests", "EntryMatch"], '["Tests", "EntryMatch"]'])
    def test_list_is_json_or_its_name_is_repeated(
        self, api: RestApi, parts: list[str] | str
    ) -> None:
        schemas = api.get("get_websocket_schema", parts=parts).json()["schemas"]
        assert list(schemas) == ["Tests", "EntryMatch"]

    def test_list_of_one_is_plain(self, api: RestApi) -> None:
        schemas = api.get("get_websocket_schema", parts="Tests").json()["schemas"]
        assert list(schemas) == ["Tests"]

    @pytest.mark.parametrize("quiet", ["10ms", "0.01"])
    def test_duration_may_be_a_number(self, api: RestApi, quiet: str) -> None:
        answer = api.get(WAIT, match={"kind": "ping"}, quiet=quiet, timeout=PATIENCE)
        assert answer.json()["status"] == "quiet"

    def test_text_that_looks_like_json_stays_text(self, api: RestApi) -> None:
        api.call(SET, endpoint=ENDPOINT)
        explained = api.get("explain_websocket_message", endpoint="prices", text="5").json()
        assert explained["rules"][0]["why"] == 'text: expected "hi", got "5"'

    @pytest.mark.parametrize(
        ("target", "error"),
        [
            (f"{TRAFFIC}?limt=3", "limt: unknown argument 'limt'; did you mean 'limit'?"),
            (f"{TRAFFIC}?limit=", "limit: give a whole number, not ''"),
            (f"{TRAFFIC}?limit=1&limit=2", "limit: give a whole number, not ['1', '2']"),
            (f"{TRAFFIC}?match=open", "match: give a mapping of keys to values, not 'open'"),
            (f"{TRAFFIC}?match=%7B%22attempt%22:NaN%7D", "match: give a mapping"),
            (f"{WAIT}?timeout=1", "match: this argument is needed"),
            (f"{TRAFFIC}?namespace=%ff", "namespace: '\ufffd' is not a name of a namespace"),
        ],
    )
    def test_bad_query_is_told_with_its_place(self, api: RestApi, target: str, error: str) -> None:
        answer = api.ask("GET", f"/api/{target}")
        assert answer.status == 422
        assert str(answer.json()["error"]).startswith(error)

    def test_head_has_the_headers_of_get(self, api: RestApi) -> None:
        answer = api.ask("HEAD", f"/api/{CLIENTS}")
        assert (answer.status, answer.body) == (200, "")
        assert int(api.headers["content-length"]) > 100


def error_of(api: RestApi, tool: str, body: str | bytes, status: int) -> str:
    """Return the text of a refusal, which is all that its body has."""
    answer = api.ask("POST", f"/api/{tool}", body, AS_JSON)
    assert answer.status == status, answer
    assert api.headers["content-type"] == "application/json"
    (error,) = answer.json().values()
    assert "Traceback" not in error
    return str(error)


class TestErrors:
    def test_unknown_tool_names_the_nearest(self, api: RestApi) -> None:
        error = error_of(api, "get_websocket_client", "{}", 404)
        assert error == f"There is no tool 'get_websocket_client'; did you mean '{CLIENTS}'?"

    @pytest.mark.parametrize("target", ["/api", "/api/", "/api/a/b", "/api/%ff", "/api/%00"])
    def test_path_without_a_tool_names_all_tools(self, api: RestApi, target: str) -> None:
        answer = api.ask("GET", target)
        assert answer.status == 404
        assert all(tool in answer.json()["error"] for tool in TOOLS)

    def test_misspelt_argument_names_the_nearest(self, api: RestApi) -> None:
        error = error_of(api, CLIENTS, '{"limt": 3}', 422)
        assert error == "limt: unknown argument 'limt'; did you mean 'limit'?"

    def test_all_problems_are_told_at_once(self, api: RestApi) -> None:
        body = '{"limit": 0, "cursor": 5, "match": 1}'
        assert error_of(api, CLIENTS, body, 422).splitlines() == [
            "limit: give a number that is at least 1, not 0",
            "cursor: give text, not 5",
            "match: unknown argument 'match'; allowed: cursor, limit, namespace",
        ]

    @pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
    def test_other_methods_are_told_which_there_are(self, api: RestApi, method: str) -> None:
        answer = api.ask(method, f"/api/{CLIENTS}", None, AS_JSON)
        assert (answer.status, api.headers["allow"]) == (405, "GET, HEAD, POST")
        assert answer.json() == {"error": f"{CLIENTS} takes POST or GET, not {method}."}

        assert api.ask(method, f"/api/{SEND}", None, AS_JSON).status == 405
        assert api.headers["allow"] == "POST"

    @pytest.mark.parametrize("body", ["", "  \n", "{}", '{"limit": 1, "limit": 2}'])
    def test_body_may_be_empty(self, api: RestApi, body: str) -> None:
        assert api.ask("POST", f"/api/{CLIENTS}", body, AS_JSON).status == 200

    @pytest.mark.parametrize("body", ["null", "[]", '"{}"', "1", "true"])
    def test_body_is_an_object(self, api: RestApi, body: str) -> None:
        error = error_of(api, CLIENTS, body, 400)
        assert error.startswith("The body is not a JSON object. Send the arguments as one")

    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            ("{", "not JSON: "),
            ('{"limit": 1} x', "not JSON: "),
            ("{'limit': 1}", "not JSON: "),
            ('{"limit": NaN}', "not JSON: "),
            ('{"limit": -Infinity}', "not JSON: "),
            ('{"cursor": "\\ud800"}', "not JSON: "),
            ("[" * 100_000, "not JSON: "),
            (b'{"cursor": "\xff"}', "not UTF-8, see byte 12."),
            ('{"limit": 1}'.encode("utf-16"), "not UTF-8, see byte 0."),
        ],
    )
    def test_body_that_is_not_json_is_told_where(
        self, api: RestApi, body: str | bytes, reason: str
    ) -> None:
        assert error_of(api, CLIENTS, body, 400).startswith(f"The body is {reason}")

    @pytest.mark.parametrize("argument", ['"after"', '"seq"', '"seq": 1, "payload_offset"'])
    @pytest.mark.parametrize("number", [2**63, 2**64, 10**30, 10**4000])
    def test_number_beyond_the_traffic_finds_nothing(
        self, api: RestApi, argument: str, number: int
    ) -> None:
        answer = api.ask("POST", f"/api/{TRAFFIC}", f"{{{argument}: {number}}}", AS_JSON)
        assert answer.status == 200, answer
        assert answer.json()["entries"] == []

    @pytest.mark.parametrize("number", ["-1", "1e308", "1e999", "1.5", "9" * 5000, "[]", "{}"])
    def test_number_beyond_the_limits_is_refused(self, api: RestApi, number: str) -> None:
        error = error_of(api, CLIENTS, f'{{"limit": {number}}}', 422)
        assert error.startswith("limit: give a ")

    @pytest.mark.parametrize("depth", [100, 300, 600, 1000])
    def test_deep_nesting_is_refused_or_accepted_but_never_a_bug(
        self, api: RestApi, depth: int
    ) -> None:
        lists = "[" * depth + "]" * depth
        rules = '[{"after":{"delay":"1ms","do":' * depth + "[]" + "}}]" * depth
        for tool, body in (
            (SEND, f'{{"message_type": "x", "payload": {lists}}}'),
            (SET, f'{{"endpoint": {{"path": "/x", "rules": {lists}}}, "dry_run": true}}'),
            (SET, f'{{"endpoint": {{"path": "/x", "rules": {rules}}}, "dry_run": true}}'),
            (TRAFFIC, f'{{"match": {{"code": {{"one_of": {lists}}}}}}}'),
            (TRAFFIC, f'{{"match": {{"match": {{"json": {{"$": {lists}}}}}}}}}'),
            (CLIENTS, f'{{"limit": {lists}}}'),
        ):
            answer = api.ask("POST", f"/api/{tool}", body, AS_JSON)
            assert answer.status in (200, 400, 422), (tool, answer)

    def test_connection_goes_on_after_every_kind_of_error(self, api: RestApi) -> None:
        for method, target, body in (
            ("POST", "/api/nothing", "x" * 100_000),
            ("PUT", f"/api/{CLIENTS}", "x" * 100_000),
            ("POST", f"/api/{CLIENTS}", "x" * 100_000),
            ("POST", f"/api/{CLIENTS}", '{"x": 1}'),
            ("GET", "/nowhere", ""),
        ):
            api.ask(method, target, body, AS_JSON)
        assert api.call(CLIENTS)["status"] == "success"


def test_health_needs_no_tool(api: RestApi) -> None:
    assert api.ask("GET", "/health").json()["healthy"]
