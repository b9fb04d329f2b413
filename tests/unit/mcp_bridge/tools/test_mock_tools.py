"""The tools that program endpoints, over a real server with real clients."""

import base64
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml
from websockets.exceptions import ConnectionClosedError

from tests.helpers.examples import Peer
from tests.helpers.json_client import websocket
from tests.helpers.made_dialects import made_dialects
from tests.helpers.mcp_session import McpSession, text_of
from tests.helpers.server import InProcessServer
from tests.helpers.wait import PATIENCE, eventually

LIST = "list_websocket_mocks"
SET = "set_websocket_mock"
REMOVE = "remove_websocket_mock"
EXPLAIN = "explain_websocket_message"
TRAFFIC = "get_websocket_traffic"

MAX_RESULT = 20_000
"""Characters of a result that MCP clients still take."""

TALK = """
title: Talk
parameters:
  name: {default: talk, description: its name}
  path: {default: /talk, description: its path}
endpoints: [{name: "${name}", path: "${path}", rules: [{do: [{send: {text: hi}}]}]}]
"""

CODED = """
title: Reversed
use: code.py
endpoints: [{name: code, path: /code, rules: [{do: [{call: code.turn}]}]}]
"""

CODE = """
from websocket_mock.own_code import send_text

def turn(event, connection):
    return [send_text(event.text[::-1])]
"""


def answering(name: str, answer: str, **fields: Any) -> dict[str, Any]:
    """An endpoint that answers the message `ask`."""
    rule = {"name": "answer", "match": {"text": "ask"}, "do": [{"send": {"text": answer}}]}
    return {"name": name, "path": f"/{name}", "rules": [rule], **fields}


class TestSet:
    def test_endpoint_answers_at_the_url_that_is_told(self, session: McpSession) -> None:
        result = session.call(SET, endpoint=answering("shop", "one"))

        assert (result["status"], result["name"], result["replaced"]) == ("set", "shop", False)
        assert result["errors"] == []
        with websocket(result["url"]) as client:
            client.send("ask")
            assert client.recv(PATIENCE) == "one"

    def test_new_rules_hold_on_open_connections(self, session: McpSession) -> None:
        url = session.call(SET, endpoint=answering("shop", "one"))["url"]
        with websocket(url) as client:
            client.send("ask")
            assert client.recv(PATIENCE) == "one"
            result = session.call(SET, endpoint=answering("shop", "two"))
            client.send("ask")
            assert client.recv(PATIENCE) == "two"

        assert result["replaced"]

    def test_dry_run_changes_nothing(self, session: McpSession) -> None:
        session.call(SET, endpoint=answering("shop", "one"))
        result = session.call(SET, endpoint=answering("shop", "two"), dry_run=True)
        new = session.call(SET, endpoint=answering("other", "x"), dry_run=True)

        assert (result["status"], result["replaced"]) == ("valid", False)
        assert new["status"] == "valid"
        assert [one["name"] for one in session.call(LIST)["endpoints"]] == ["shop"]
        definition = session.call(LIST, name="shop")["endpoints"][0]["definition"]
        assert definition == answering("shop", "one")

    @pytest.mark.parametrize("dry_run", [False, True])
    def test_errors_are_told_with_their_place_and_nothing_is_set(
        self, session: McpSession, *, dry_run: bool
    ) -> None:
        endpoint = answering("shop", "one")
        endpoint["rules"][0]["mach"] = {"json": {"$[": 1}}
        result = session.call(SET, endpoint=endpoint, dry_run=dry_run)

        assert (result["status"], result["name"], result["url"]) == ("error", None, None)
        (error,) = result["errors"]
        assert error.startswith("rules[0].")
        assert "match" in error
        assert session.call(LIST)["endpoints"] == []

    @pytest.mark.parametrize("form", ["values", "text", "a list"])
    def test_document_is_set_as_a_whole(self, session: McpSession, form: str) -> None:
        endpoints = [answering("shop", "one"), answering("bank", "two")]
        document: Any = {"endpoints": endpoints, "seed": 7, "faults": [{"drop": {}}]}
        forms = {"values": document, "text": yaml.safe_dump(document), "a list": endpoints}
        result = session.call(SET, endpoint=forms[form])

        assert (result["status"], result["name"], result["errors"]) == ("set", "shop", [])
        assert [one["name"] for one in result["endpoints"]] == ["shop", "bank"]
        assert result["url"] == result["endpoints"][0]["url"]
        assert [one["name"] for one in session.call(LIST)["endpoints"]] == ["shop", "bank"]
        faults = session.call("set_websocket_faults")["faults"]
        assert [one["kind"] for one in faults] == ([] if form == "a list" else ["drop"])
        seed = session.call(LIST, name="bank")["endpoints"][0]["seed"]
        assert seed == ("0" if form == "a list" else "7")

    def test_document_with_a_mistake_sets_nothing(self, session: McpSession) -> None:
        document = {"endpoints": [answering("shop", "one"), {"path": "/b", "rulez": []}]}
        result = session.call(SET, endpoint=document)

        assert result["errors"] == [
            "endpoints[1].rulez: unknown key 'rulez'; did you mean 'rules'?"
        ]
        assert session.call(LIST)["endpoints"] == []
        (error,) = session.call(SET, endpoint={"include": "other.yaml"})["errors"]
        assert error == "include: only mocks from a file can include files"

    def test_files_of_this_machine_cannot_be_sent(self, session: McpSession) -> None:
        rule = {"trigger": "connect", "do": [{"send": {"file": "setup.cfg"}}]}
        result = session.call(SET, endpoint={"path": "/leak", "rules": [rule]})

        assert result["status"] == "error"

    def test_rule_that_can_never_fire_is_a_warning(self, session: McpSession) -> None:
        endpoint = answering("shop", "one")
        endpoint["rules"] = [{"do": [{"send": {"text": "all"}}]}, *endpoint["rules"]]
        result = session.call(SET, endpoint=endpoint)

        assert result["status"] == "set"
        (warning,) = result["warnings"]
        assert "answer never fires: rules[0] comes first and always fires" in warning

    def test_same_seed_gives_the_same_chance(self, session: McpSession) -> None:
        endpoint = answering("dice", "{{ random.int(1, 1000000) }}")

        def roll(seed: int) -> str:
            url = session.call(SET, endpoint=endpoint, seed=seed)["url"]
            with websocket(url) as client:
                client.send("ask")
                return str(client.recv(PATIENCE))

        first = roll(1)
        session.call("reset_websocket_server", what=["attempts"])
        assert first.isdecimal()
        assert roll(1) == first

    def test_dialect_is_included_or_extended_over_the_wire(
        self, session: McpSession, tmp_path: Path
    ) -> None:
        rule = {"match": {"text": "more"}, "do": [{"send": {"text": "own"}}]}
        given = {"from": "dialect:talk", "with": {"path": "/other", "name": "other"}}
        with made_dialects(tmp_path, {"talk.yaml": TALK}):
            result = session.call(SET, endpoint={"extends": given, "rules": [rule]})
            document = {"include": "dialect:talk", "endpoints": [{"extends": "talk", "replay": 1}]}
            whole = session.call(SET, endpoint=document)
            wrong = {**given, "with": {"nme": "x"}}
            refused = session.call(SET, endpoint={"extends": wrong})

        assert (result["status"], result["name"], result["endpoints"]) == ("set", "other", None)
        assert [one["name"] for one in whole["endpoints"]] == ["talk"]
        for url, answers in ((result["url"], ["own", "hi"]), (whole["url"], ["hi", "hi"])):
            with websocket(url) as client:
                client.send("more")
                client.send("x")
                assert [client.recv(PATIENCE), client.recv(PATIENCE)] == answers
        assert refused["errors"] == [
            "extends.with.nme: there is no parameter 'nme'; did you mean 'name'?"
        ]

    def test_files_cannot_be_included_over_the_wire(self, session: McpSession) -> None:
        for definition in ({"include": ["a.yaml"]}, {"include": [{"from": "/etc/a.yaml"}]}):
            result = session.call(SET, endpoint=definition)
            assert result["errors"] == ["include: only mocks from a file can include files"]
        result = session.call(SET, endpoint={"extends": {"from": "a.yaml"}})
        assert result["errors"] == ["extends: only mocks from a file can include files"]

    def test_code_of_a_dialect_runs_and_no_other(self, session: McpSession, tmp_path: Path) -> None:
        files = {"code.yaml": CODED, "code.py": CODE}
        with made_dialects(tmp_path, files):
            url = session.call(SET, endpoint={"extends": "dialect:code"})["url"]
            refused = session.call(SET, endpoint={"use": "code.py", "include": "dialect:code"})
        with websocket(url) as client:
            client.send("abc")
            assert client.recv(PATIENCE) == "cba"
        assert refused["errors"] == ["use: only mocks from a file can use own code"]


YAML_TEXT = """\
# What the shop says.
path: /shop
name: shop
rules: [{do: [{send: {text: "one"}}]}] # to all
"""


class TestYaml:
    def test_text_comes_back_as_it_was_written(self, session: McpSession) -> None:
        assert session.call(SET, endpoint=YAML_TEXT)["status"] == "set"

        (one,) = session.call(LIST, name="shop", as_yaml=True)["endpoints"]
        assert one["yaml"] == YAML_TEXT
        assert one["definition"]["rules"] == [{"do": [{"send": {"text": "one"}}]}]
        assert session.call(LIST, name="shop")["endpoints"][0]["yaml"] is None

    def test_definition_that_came_as_json_is_written_for_people(self, session: McpSession) -> None:
        session.call(SET, endpoint={"rules": [{"do": [{"state": "on"}]}], "path": "/shop"})

        (one,) = session.call(LIST, name="/shop", as_yaml=True)["endpoints"]
        assert one["yaml"] == "path: /shop\nrules:\n  - do: [{state: 'on'}]\n"

    @pytest.mark.parametrize(
        ("text", "error"),
        [
            ("path: [", "line 1, column 8: not valid YAML: "),
            (
                "path: /a\npath: /b",
                "line 2, column 1: not valid YAML: the key 'path' is given twice",
            ),
            ("path: /a\nrulez: []", "rulez: unknown key 'rulez'; did you mean 'rules'?"),
            ("prices", "endpoints[0]: "),
            ("# " * 50_001, "a YAML text may have 100,000 characters; give the definition as JSON"),
        ],
        ids=["not YAML", "twice", "a key", "no endpoint", "too long"],
    )
    def test_text_that_cannot_be_used_is_explained(
        self, session: McpSession, text: str, error: str
    ) -> None:
        answer = session.call(SET, endpoint=text)
        assert answer["status"] == "error"
        assert answer["errors"][0].startswith(error)


class TestList:
    def test_no_mocks_come_with_the_next_step(self, session: McpSession) -> None:
        result = session.call(LIST)

        assert (result["endpoints"], result["total"]) == ([], 0)
        assert SET in result["hint"]

    def test_endpoint_is_described_with_its_clients(self, session: McpSession) -> None:
        url = session.call(SET, endpoint=answering("shop", "one", unmatched="echo"))["url"]
        with websocket(url):
            eventually(lambda: session.call(LIST)["endpoints"][0]["clients_connected"] == 1)
            (described,) = session.call(LIST)["endpoints"]

        assert described == {
            "name": "shop",
            "path": "/shop",
            "rules": 1,
            "script_steps": 0,
            "handshake_rules": 0,
            "http_rules": 0,
            "unmatched": "echo",
            "clients_connected": 1,
            "fired": 0,
            "file": None,
            "fired_by_rule": None,
            "seed": None,
            "definition": None,
            "yaml": None,
        }

    def test_firings_are_counted_by_rule(self, session: McpSession) -> None:
        endpoint = answering("shop", "one")
        endpoint["rules"].append({"match": {"text": "never"}, "do": ["ignore"]})
        url = session.call(SET, endpoint=endpoint, seed=7)["url"]
        session.call(SET, endpoint=answering("other", "x"))
        with websocket(url) as client:
            for _ in range(2):
                client.send("ask")
                client.recv(PATIENCE)
        (whole,) = session.call(LIST, name="shop")["endpoints"]

        assert whole["fired_by_rule"] == {"answer": 2, "rules[1]": 0}
        assert whole["seed"] == "7"
        assert [one["fired"] for one in session.call(LIST)["endpoints"]] == [2, 0]

    def test_definition_can_be_set_again(self, session: McpSession) -> None:
        endpoint = answering("shop", "one", handshake=[{"reject": {"status": 503}}])
        session.call(SET, endpoint=endpoint)
        definition = session.call(LIST, name="shop")["endpoints"][0]["definition"]

        assert definition == endpoint
        assert session.call(SET, endpoint=definition)["status"] == "set"

    def test_very_many_endpoints_fit_into_a_result(
        self, session: McpSession, server: InProcessServer
    ) -> None:
        for number in range(300):
            session.call(SET, endpoint={"path": f"/endpoint/number/{number}"})
        result = session.try_call(LIST)

        assert len(text_of(result)) < MAX_RESULT
        answer = result.structured_content or {}
        assert answer["total"] == 300
        assert 10 < len(answer["endpoints"]) < 300
        assert "name" in answer["hint"]


class TestRemove:
    def test_removed_endpoint_is_gone_and_its_connections_stay(self, session: McpSession) -> None:
        url = session.call(SET, endpoint=answering("shop", "one"))["url"]
        session.call(SET, endpoint=answering("other", "one"))
        with websocket(url) as client:
            result = session.call(REMOVE, names=["shop", "nobody"])
            client.send("ask")
            assert client.ping().wait(PATIENCE)

            with pytest.raises(TimeoutError):
                client.recv(timeout=0)
        assert (result["removed"], result["unknown"]) == (["shop"], ["nobody"])
        assert [one["name"] for one in session.call(LIST)["endpoints"]] == ["other"]

    def test_at_least_one_name_is_asked_for(self, session: McpSession) -> None:
        assert "at least 1 of them" in session.refusal(REMOVE, names=[])


class TestVariables:
    ENDPOINT: ClassVar[dict[str, Any]] = {
        "name": "gate",
        "path": "/gate",
        "client_key": {"query": "user"},
        "rules": [
            {
                "trigger": "connect",
                "do": [
                    {
                        "set": {
                            "client_vars.seen": {"increment": 1},
                            "client_vars.password": "secret",
                            "endpoint_vars.log": {"append": "{{ query.user }}"},
                        }
                    },
                    {"send": {"text": "{{ client_vars.seen }}"}},
                ],
            }
        ],
    }

    def test_variables_are_shown_and_can_be_cleared(self, session: McpSession) -> None:
        url = session.call(SET, endpoint=self.ENDPOINT)["url"]
        assert [self.visit(f"{url}?user={user}") for user in ("ann", "bob", "ann")] == list("112")
        shown = session.call(LIST, name="gate")
        assert shown["endpoint_vars"] == {"log": ["ann", "bob", "ann"]}
        clients = shown["client_vars"]
        assert list(clients) == ["bob", "ann"]
        assert clients["ann"]["seen"] == 2
        session.call("reset_websocket_server", what=["variables"])
        shown = session.call(LIST, name="gate")
        assert (shown["endpoint_vars"], shown["client_vars"]) == ({}, {})
        assert self.visit(f"{url}?user=ann") == "1"

    def test_variables_of_bytes_are_shown_in_hexadecimal(self, session: McpSession) -> None:
        values = {"endpoint_vars.short": "{{ 'ff00' | unhex }}"}
        values["endpoint_vars.long"] = "{{ ('ff' | unhex) * 1000 }}"
        rule = {"trigger": "connect", "do": [{"set": values}, {"send": {"text": "done"}}]}
        endpoint = {"name": "raw", "path": "/raw", "rules": [rule]}
        self.visit(session.call(SET, endpoint=endpoint)["url"])
        shown = session.call(LIST, name="raw")["endpoint_vars"]
        assert shown["short"] == "hex:ff00"
        assert len(shown["long"]) < 200

    def test_keys_of_clients_that_are_credentials_are_masked(self, session: McpSession) -> None:
        endpoint = {**self.ENDPOINT, "client_key": {"query": "token"}}
        url = session.call(SET, endpoint=endpoint)["url"]
        self.visit(f"{url}?user=ann&token=geheim")
        assert list(session.call(LIST, name="gate")["client_vars"]) == ["*** 0"]

    def visit(self, url: str) -> str | bytes:
        with websocket(url) as client:
            return client.recv(PATIENCE)


class TestExplain:
    def test_rules_are_explained_in_their_order(self, session: McpSession) -> None:
        session.call(SET, endpoint=answering("shop", "one", unmatched="error"))

        right = session.call(EXPLAIN, endpoint="shop", text="ask")
        wrong = session.call(EXPLAIN, endpoint="shop", text="aks")
        assert (right["acts"], right["otherwise"]) == ("answer", None)
        assert (wrong["acts"], wrong["otherwise"]) == (None, "unmatched: error")
        why = 'text: expected "ask", got "aks"'
        assert wrong["rules"] == [{"rule": "answer", "matches": False, "why": why, "note": None}]

    def test_rule_that_counts_has_a_note_and_what_happens_otherwise(
        self, session: McpSession
    ) -> None:
        endpoint = answering("shop", "one", unmatched="strict")
        endpoint["rules"][0]["times"] = 2
        session.call(SET, endpoint=endpoint)

        answer = session.call(EXPLAIN, endpoint="shop", text="ask")
        assert (answer["acts"], answer["otherwise"]) == ("answer", "unmatched: strict")
        assert answer["rules"][0]["note"] == "at most 2 times (times), per connection"

    def test_counts_of_a_live_connection_are_explained(self, session: McpSession) -> None:
        endpoint = answering("shop", "one", unmatched="strict")
        endpoint["rules"][0] |= {"times": 1}
        url = session.call(SET, endpoint=endpoint)["url"]
        with websocket(url) as client:
            client.send("ask")
            assert client.recv(PATIENCE) == "one"
            ((one,),) = [session.call("get_websocket_clients")["clients"]]
            answer = session.call(EXPLAIN, client=one["id"], text="ask")
        assert (answer["acts"], answer["otherwise"]) == (None, "unmatched: strict")
        (rule,) = answer["rules"]
        assert (rule["why"], rule["note"]) == ("times: it has fired 1 of 1 times", None)

    def test_message_is_explained_on_a_live_connection(self, session: McpSession) -> None:
        endpoint = answering("shop", "one")
        endpoint["rules"][0] |= {
            "when": "{{ message.text in vars.known }}",
            "state": "open",
        }
        opening = {
            "trigger": "connect",
            "do": [{"state": "open"}, {"set": {"known": ["no"]}}, {"send": {"text": "hi"}}],
        }
        endpoint["rules"].append(opening)
        url = session.call(SET, endpoint=endpoint)["url"]
        with websocket(url) as client:
            client.recv(PATIENCE)
            ((one,),) = [session.call("get_websocket_clients")["clients"]]
            answer = session.call(EXPLAIN, client=one["id"], text="ask")
        assert (answer["endpoint"], answer["state"], answer["acts"]) == ("shop", "open", None)
        assert answer["rules"][0]["why"] == (
            "when: {{ message.text in vars.known }} is false; "
            'message.text is "ask", vars.known is ["no"]'
        )
        assert "There is no client" in session.refusal(EXPLAIN, client="00000000", text="ask")

    @pytest.mark.parametrize(
        "given", [{}, {"endpoint": "a", "client": "b"}, {"client": "b", "in_state": "c"}]
    )
    def test_either_an_endpoint_or_a_client_is_explained(
        self, session: McpSession, given: dict[str, str]
    ) -> None:
        assert "Give either endpoint" in session.refusal(EXPLAIN, text="ask", **given)

    @pytest.mark.parametrize(
        ("arguments", "why"),
        [
            ({"text": '{"type": 1}'}, None),
            ({"text": "{}"}, "$: 'type' is a required property"),
            ({"text": "ask"}, "the message is not JSON"),
            ({"binary": "hex:00"}, None),
        ],
    )
    def test_breach_of_the_contract_is_told(
        self, session: McpSession, arguments: dict[str, Any], why: str | None
    ) -> None:
        accepts = {"type": "object", "required": ["type"]}
        session.call(SET, endpoint=answering("shop", "one", accepts=accepts, sends=False))

        assert session.call(EXPLAIN, endpoint="shop", **arguments)["contract"] == why

    def test_message_of_the_traffic_that_is_not_there_as_a_whole_is_not_judged(
        self, session: McpSession
    ) -> None:
        endpoint = answering("shop", "one", accepts={"type": "string"})
        url = session.call(SET, endpoint=endpoint)["url"]
        with websocket(url) as client:
            client.send(f'"{"x" * 70_000}"')
            client.send("ask")
            assert client.recv(PATIENCE) == "one"
        found = session.call(TRAFFIC, match={"direction": "received"}, detail="summary")
        seq = next(one["seq"] for one in found["entries"] if one["kind"] == "text")

        why = "the journal has only its beginning, so it cannot be checked"
        assert session.call(EXPLAIN, endpoint="shop", seq=seq)["contract"] == why

    def test_endpoint_without_a_contract_has_nothing_to_say(self, session: McpSession) -> None:
        session.call(SET, endpoint=answering("shop", "one"))
        assert session.call(EXPLAIN, endpoint="shop", text="x")["contract"] is None

    def test_script_is_explained_step_by_step(self, session: McpSession) -> None:
        script = [
            {"expect": {"text": "a"}},
            {"send": {"text": "A"}},
            {"expect": {"text": "b"}, "within": "2s"},
        ]
        session.call(SET, endpoint={"name": "talk", "path": "/talk", "script": script})

        answer = session.call(EXPLAIN, endpoint="talk", text="b")
        assert answer["acts"] == "script[2]"
        assert [(one["rule"], one["matches"]) for one in answer["rules"]] == [
            ("script[0]", False),
            ("script[2]", True),
        ]
        assert answer["rules"][0]["why"] == 'text: expected "a", got "b"'
        assert answer["rules"][1]["note"] == "when the script waits at this step"
        assert answer["otherwise"] == "the script fails, and the connection is closed with 1008"

    def test_message_of_the_journal_is_explained(self, session: McpSession) -> None:
        url = session.call(SET, endpoint=answering("shop", "one"))["url"]
        with websocket(url) as client:
            client.send("ask")
            client.recv(PATIENCE)
        (entry,) = session.call(TRAFFIC, match={"kind": "text", "direction": "received"})["entries"]

        assert session.call(EXPLAIN, endpoint="shop", seq=entry["seq"])["acts"] == "answer"

    def test_message_of_the_journal_is_explained_in_the_state_in_which_it_came(
        self, session: McpSession
    ) -> None:
        rules = [
            {
                "name": "begin",
                "state": "initial",
                "match": {"text": "next"},
                "do": [{"state": "b"}],
            },
            {"name": "go on", "state": "b", "match": {"text": "next"}, "do": [{"state": "c"}]},
        ]
        endpoint = {"name": "shop", "path": "/shop", "rules": rules, "unmatched": "strict"}
        with websocket(session.call(SET, endpoint=endpoint)["url"]) as client:
            for _ in range(3):
                client.send("next")
            with pytest.raises(ConnectionClosedError, match="1008"):
                client.recv(PATIENCE)
        found = session.call(TRAFFIC, match={"kind": "text", "direction": "received"})["entries"]

        told = [session.call(EXPLAIN, endpoint="shop", seq=entry["seq"]) for entry in found]
        states = [(one["state"], one["acts"]) for one in told]
        assert states == [("initial", "begin"), ("b", "go on"), ("c", None)]
        other = session.call(EXPLAIN, endpoint="shop", seq=found[0]["seq"], in_state="b")
        assert (other["state"], other["acts"]) == ("b", "go on")

    def test_binary_message_is_explained(self, session: McpSession) -> None:
        rule = {"name": "bytes", "match": {"binary": "hex:0a0b"}, "do": ["ignore"]}
        session.call(SET, endpoint={"name": "raw", "path": "/raw", "rules": [rule]})
        encoded = base64.b64encode(b"\x0a\x0b").decode()

        for binary in ("hex:0a0b", f"base64:{encoded}"):
            assert session.call(EXPLAIN, endpoint="raw", binary=binary)["acts"] == "bytes"

    def test_state_is_a_hypothesis_too(self, session: McpSession) -> None:
        rule = {"name": "late", "state": "ready", "do": ["ignore"]}
        session.call(SET, endpoint={"name": "door", "path": "/door", "rules": [rule]})

        assert session.call(EXPLAIN, endpoint="door", text="x")["acts"] is None
        assert session.call(EXPLAIN, endpoint="door", text="x", in_state="ready")["acts"] == "late"

    def test_nothing_happens(self, session: McpSession) -> None:
        endpoint = answering("shop", "one")
        endpoint["rules"][0]["times"] = 1
        url = session.call(SET, endpoint=endpoint)["url"]
        with websocket(url) as connection:
            client = Peer(connection)
            before = session.call(TRAFFIC)["next_cursor"]
            for _ in range(3):
                assert session.call(EXPLAIN, endpoint="shop", text="ask")["acts"] == "answer"
            assert session.call(TRAFFIC)["next_cursor"] == before
            client.connection.send("ask")
            assert client.connection.recv(PATIENCE) == "one"

    @pytest.mark.parametrize(
        ("arguments", "complaint"),
        [
            (
                {"endpoint": "shpo", "text": "x"},
                "There is no endpoint 'shpo'. The endpoints are: shop.",
            ),
            ({"endpoint": "shop"}, "exactly one of text, binary and seq"),
            ({"endpoint": "shop", "text": "x", "seq": 1}, "exactly one of text, binary and seq"),
            ({"endpoint": "shop", "binary": "0a"}, "hex:"),
            ({"endpoint": "shop", "seq": 999_999}, "The journal has no message 999999"),
        ],
        ids=str,
    )
    def test_what_cannot_be_explained_is_refused_with_the_next_step(
        self, session: McpSession, arguments: dict[str, Any], complaint: str
    ) -> None:
        session.call(SET, endpoint=answering("shop", "one"))

        assert complaint in session.refusal(EXPLAIN, **arguments)

    def test_very_many_rules_fit_into_a_result(self, session: McpSession) -> None:
        rules = [
            {"name": f"rule number {number}", "match": {"text": "x" * 50}, "do": ["ignore"]}
            for number in range(500)
        ]
        session.call(SET, endpoint={"name": "long", "path": "/long", "rules": rules})
        result = session.try_call(EXPLAIN, endpoint="long", text="y" * 1000)

        assert len(text_of(result)) < MAX_RESULT
        answer = result.structured_content or {}
        assert len(answer["rules"]) + answer["rules_left_out"] == 500
