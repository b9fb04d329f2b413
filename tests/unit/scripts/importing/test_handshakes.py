"""What becomes of servers, paths, bindings and security of AsyncAPI documents."""

from pathlib import Path
from typing import Any

import pytest

from tests.helpers.asyncapi import comments_of, endpoint_of, mocks_of, version2, version3
from websocket_mock.scripts.importing.asyncapi.paths import path_of


def document3(**parts: Any) -> dict[str, Any]:
    return version3(**{"channels": {"chat": {"address": "/chat"}}, **parts})


def server3(**keys: Any) -> dict[str, Any]:
    return {"main": {"host": "example.com", "protocol": "ws", **keys}}


def server2(url: str, **keys: Any) -> dict[str, Any]:
    return {"main": {"url": url, "protocol": "ws", **keys}}


def paths(directory: Path, document: Any, *flags: str) -> list[str]:
    return [one["path"] for one in mocks_of(directory, document, *flags)["endpoints"]]


class TestPaths:
    @pytest.mark.parametrize(
        ("prefix", "address", "path"),
        [
            ("", "/", "/"),
            ("/v1", "/", "/v1"),
            ("/v1", "", "/v1"),
            ("/v1", "chat", "/v1/chat"),
            ("", "/chat/", "/chat/"),
            ("", "/a/{id}?x=1", "/a/{id}"),
            ("", "/user-{id}", "/{id}"),
            ("", "/{a}-{b}", "/{a_b}"),
            ("", "/{street-light}/{street_light}", "/{street_light}/{street_light_2}"),
            ("", "/{1st}", "/{p1st}"),
            ("", "/a b/*", "/a%20b/%2A"),
            ("", "https://example.com/books/{id}", "/books/{id}"),
        ],
    )
    def test_address_becomes_a_path(self, prefix: str, address: str, path: str) -> None:
        assert path_of(prefix, address)[0] == path

    def test_path_of_the_server_comes_first(self, tmp_path: Path) -> None:
        assert paths(tmp_path, document3(servers=server3(pathname="/v1/"))) == ["/v1/chat"]
        servers = server2("wss://example.com:443/v1")
        assert paths(tmp_path, version2(servers=servers, channels={"chat": {}})) == ["/v1/chat"]

    def test_variables_of_the_server(self, tmp_path: Path) -> None:
        variables = {"v": {"enum": ["v1", "v2"], "default": "v2"}, "t": {}}
        document = document3(servers=server3(pathname="/{v}/{t}", variables=variables))
        assert paths(tmp_path, document) == ["/v2/{t}/chat"]
        assert "The variable v of the server is v2. It can also be v1." in comments_of(
            tmp_path, document
        )

    def test_servers_with_several_paths_make_several_endpoints(self, tmp_path: Path) -> None:
        servers = {**server3(pathname="/a"), "more": server3(pathname="/b")["main"]}
        assert paths(tmp_path, document3(servers=servers)) == ["/a/chat", "/b/chat"]

    def test_channels_of_one_path_make_one_endpoint(self, tmp_path: Path) -> None:
        channels = {"one": {"address": "/{a}"}, "two": {"address": "/{b}"}}
        document = document3(channels=channels)
        assert mocks_of(tmp_path, document) == {"endpoints": [{"path": "/{a}"}]}
        assert "These channels are all at this path: one, two." in comments_of(tmp_path, document)

    def test_channel_without_an_address_is_at_the_path_of_its_server(self, tmp_path: Path) -> None:
        operation = {"action": "send", "channel": {"$ref": "#/channels/all"}}
        document = document3(
            servers=server3(pathname="/live"),
            channels={"all": {}, "replies": {"address": None}},
            operations={"tell": operation},
        )
        assert paths(tmp_path, document) == ["/live"]
        assert "all has no address" in comments_of(tmp_path, document)

    def test_channel_without_operations_has_no_rules(self, tmp_path: Path) -> None:
        channels = {"chat": {"address": "/chat", "messages": {"a": {}, "b": {}}}}
        document = document3(channels=channels)
        assert mocks_of(tmp_path, document) == {"endpoints": [{"name": "chat", "path": "/chat"}]}
        assert "No operation says who sends a, b." in comments_of(tmp_path, document)

    def test_only_channels_of_websocket_servers_are_taken(self, tmp_path: Path) -> None:
        servers = {**server3(), "broker": {"host": "x", "protocol": "mqtt"}}
        channels = {
            name: {"address": name, "servers": [{"$ref": f"#/servers/{server}"}]}
            for name, server in (("here", "main"), ("there", "broker"))
        }
        document = document3(servers=servers, channels=channels)
        assert paths(tmp_path, document) == ["/here"]
        assert "no WebSocket server has them: there." in comments_of(tmp_path, document)

    def test_without_a_websocket_server_all_channels_are_taken(self, tmp_path: Path) -> None:
        document = document3(servers={"broker": {"host": "x", "protocol": "mqtt"}})
        assert paths(tmp_path, document) == ["/chat"]
        assert "No server speaks ws or wss" in comments_of(tmp_path, document)
        assert paths(tmp_path, document3(servers={})) == ["/chat"]

    def test_version_2_names_the_servers_of_a_channel(self, tmp_path: Path) -> None:
        servers = {**server2("ws://x/a"), "more": server2("ws://x/b")["main"]}
        document = version2(servers=servers, channels={"chat": {"servers": ["more"]}})
        assert paths(tmp_path, document) == ["/b/chat"]

    def test_one_channel_can_be_chosen(self, tmp_path: Path) -> None:
        channels = {"one": {"address": "/1"}, "two": {"address": "/2"}}
        assert paths(tmp_path, document3(channels=channels), "--channel", "two") == ["/2"]

    def test_parameters_with_known_values_refuse_others(self, tmp_path: Path) -> None:
        parameters = {"id": {"enum": ["a", "b/c"], "description": "The room."}, "x": {}}
        channels = {"chat": {"address": "/{x}/{id}.1", "parameters": parameters}}
        document = document3(channels=channels)
        rule = {
            "match": {"path": {"not": {"matches": "^/[^/]+/(a|b%2Fc)$"}}},
            "reject": {"status": 404, "body": "id must be one of a, b/c"},
        }
        assert endpoint_of(tmp_path, document)["handshake"] == [rule]
        comments = comments_of(tmp_path, document)
        assert "{id}: The room." in comments
        assert "{id}.1 is a capture here" in comments

    def test_version_2_has_the_values_in_a_schema(self, tmp_path: Path) -> None:
        channel = {"parameters": {"id": {"schema": {"enum": ["a"]}}}}
        endpoint = endpoint_of(tmp_path, version2(channels={"/{id}": channel}))
        assert endpoint["handshake"][0]["match"] == {"path": {"not": {"matches": "^/(a)$"}}}


BEARER = {"type": "http", "scheme": "bearer"}
BASIC = {"type": "http", "scheme": "basic"}
QUERY = {"type": "httpApiKey", "in": "query", "name": "key"}
HEADER = {"type": "apiKey", "in": "header", "name": "X-Key"}
COOKIE = {"type": "httpApiKey", "in": "cookie", "name": "session"}
NO_BEARER = {"authorization": {"not": {"starts_with": "Bearer "}}}
MISSING = {"present": False}


class TestSecurity:
    @pytest.mark.parametrize(
        ("scheme", "match"),
        [
            (BEARER, {"headers": NO_BEARER}),
            (BASIC, {"headers": {"authorization": {"not": {"starts_with": "Basic "}}}}),
            ({"type": "oauth2", "flows": {}}, {"headers": NO_BEARER}),
            (QUERY, {"query": {"key": MISSING}}),
            (HEADER, {"headers": {"x-key": MISSING}}),
            (COOKIE, {"cookies": {"session": MISSING}}),
        ],
    )
    def test_client_without_it_is_refused(self, tmp_path: Path, scheme: Any, match: Any) -> None:
        endpoint = endpoint_of(tmp_path, document3(servers=server3(security=[scheme])))
        (rule,) = endpoint["handshake"]
        assert rule["match"] == match
        assert rule["reject"]["status"] == 401

    def test_one_of_several_ways_in_is_enough(self, tmp_path: Path) -> None:
        document = document3(servers=server3(security=[BEARER, BASIC, QUERY]))
        (rule,) = endpoint_of(tmp_path, document)["handshake"]
        both = [{"not": {"starts_with": f"{name} "}} for name in ("Basic", "Bearer")]
        assert rule["match"] == {
            "headers": {"authorization": {"all": both}},
            "query": {"key": MISSING},
        }
        assert rule["reject"]["headers"] == {"WWW-Authenticate": "Basic, Bearer"}

    def test_version_2_can_want_several_at_once(self, tmp_path: Path) -> None:
        document = version2(
            servers=server2("ws://x", security=[{"token": [], "key": []}, {"cookie": []}]),
            channels={"chat": {}},
            components={"securitySchemes": {"token": BEARER, "key": QUERY, "cookie": COOKIE}},
        )
        rules = endpoint_of(tmp_path, document)["handshake"]
        assert [one["match"] for one in rules] == [
            {"cookies": {"session": MISSING}, "headers": NO_BEARER},
            {"cookies": {"session": MISSING}, "query": {"key": MISSING}},
        ]

    def test_what_cannot_be_checked_refuses_nobody(self, tmp_path: Path) -> None:
        document = document3(servers=server3(security=[BEARER, {"type": "X509"}]))
        assert "handshake" not in endpoint_of(tmp_path, document)
        assert "also lets in by X509, so nobody is refused" in comments_of(tmp_path, document)

    def test_empty_requirement_lets_everybody_in(self, tmp_path: Path) -> None:
        document = version2(
            servers=server2("ws://x", security=[{"token": []}, {}]),
            channels={"chat": {}},
            components={"securitySchemes": {"token": BEARER}},
        )
        assert "handshake" not in endpoint_of(tmp_path, document)


def bound(directory: Path, **binding: Any) -> Any:
    channels = {"chat": {"address": "/chat", "bindings": {"ws": binding}}}
    return endpoint_of(directory, document3(channels=channels))


class TestBindings:
    @pytest.mark.parametrize(
        ("schema", "matcher", "words"),
        [
            ({}, None, ""),
            ({"type": "integer"}, {"matches": r"^-?\d+$"}, "a whole number"),
            ({"type": "boolean"}, {"one_of": ["true", "false"]}, "true or false"),
            ({"enum": ["a", 1, True]}, {"one_of": ["a", "1", "true"]}, "one of a, 1, true"),
            ({"const": "a"}, {"equals": "a"}, "a"),
            ({"pattern": "^a"}, {"matches": "^a"}, "as it must be"),
            (
                {"minLength": 1, "maxLength": 3},
                {"length": {"at_least": 1, "at_most": 3}},
                "as it must be",
            ),
            ({"allOf": [{"type": "boolean"}]}, {"one_of": ["true", "false"]}, "true or false"),
            ({"type": "array"}, None, ""),
            ({"type": ["integer", "null"]}, None, ""),
        ],
    )
    def test_query_parameter(self, tmp_path: Path, schema: Any, matcher: Any, words: str) -> None:
        query = {"type": "object", "properties": {"q": schema}}
        handshake = bound(tmp_path, query=query).get("handshake", [])
        wanted = [] if matcher is None else [{"present": True, "not": matcher}]
        assert [one["match"]["query"]["q"] for one in handshake] == wanted
        bodies = [] if matcher is None else [f"query parameter q is not {words}"]
        assert [one["reject"] for one in handshake] == [{"status": 400, "body": b} for b in bodies]
        (rule,) = bound(tmp_path, query={**query, "required": ["q"]})["handshake"]
        assert rule["match"]["query"]["q"] == ({"not": matcher} if matcher else MISSING)

    def test_header(self, tmp_path: Path) -> None:
        headers = {"type": "object", "required": ["X-Id"]}
        (rule,) = bound(tmp_path, headers=headers)["handshake"]
        assert rule["match"] == {"headers": {"X-Id": MISSING}}
        assert rule["reject"]["body"] == "header X-Id is missing"

    def test_header_for_the_subprotocol(self, tmp_path: Path) -> None:
        properties = {"Sec-WebSocket-Protocol": {"enum": ["v2", "v1"]}}
        endpoint = bound(tmp_path, headers={"type": "object", "properties": properties})
        assert endpoint == {"name": "chat", "path": "/chat", "subprotocols": ["v2", "v1"]}
        headers = {"properties": properties, "required": [*properties]}
        assert bound(tmp_path, headers=headers)["required_subprotocol"] is True

    def test_what_has_no_counterpart_is_a_comment(self, tmp_path: Path) -> None:
        query = {"properties": {"n": {"type": "integer", "minimum": 3}, "l": {"type": "array"}}}
        binding = {"method": "POST", "query": query}
        channels = {"chat": {"address": "/chat", "bindings": {"ws": binding}}}
        comments = comments_of(tmp_path, document3(channels=channels))
        assert "The method is POST; a WebSocket handshake is always a GET." in comments
        assert "The query parameter n: minimum 3 is not checked." in comments
        assert "The query parameter l: what is in the array is not checked." in comments
