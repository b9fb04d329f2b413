"""What the mocks of an AsyncAPI document answer, and what they send without being asked."""

from pathlib import Path
from typing import Any

import pytest

from tests.helpers.asyncapi import (
    comments_of,
    conversation,
    endpoint_of,
    import_document,
    object_of,
    version2,
    version3,
)

INTEGER = {"type": "integer"}
TEXT = {"type": "string"}


def matches(directory: Path, **received: Any) -> dict[str, Any]:
    """Return what each message is matched by, in the order of the rules."""
    endpoint = endpoint_of(directory, conversation(received))
    return {rule["name"]: rule.get("match") for rule in endpoint["rules"]}


class TestTellingApart:
    def test_by_a_constant(self, tmp_path: Path) -> None:
        found = matches(
            tmp_path,
            join=object_of(type={"const": "join"}),
            leave=object_of(type={"const": "leave"}),
        )
        assert found == {
            "join": {"json": {"$.type": "join"}},
            "leave": {"json": {"$.type": "leave"}},
        }

    def test_by_the_values_of_an_enum(self, tmp_path: Path) -> None:
        found = matches(
            tmp_path,
            move=object_of(op={"enum": ["up", "down"]}),
            end=object_of(op={"const": "end"}),
        )
        assert found["move"] == {"json": {"$.op": {"one_of": ["up", "down"]}}}

    def test_by_a_constant_inside(self, tmp_path: Path) -> None:
        found = matches(
            tmp_path,
            a=object_of(head=object_of(**{"the kind": {"const": 1}})["payload"]),
            b=object_of(x=TEXT),
        )
        assert found == {
            "a": {"json": {'$.head["the kind"]': 1}},
            "b": {"json": {"$.x": {"present": True}}},
        }

    def test_by_the_alternatives_of_one_message(self, tmp_path: Path) -> None:
        parts = [object_of(type={"const": name})["payload"] for name in ("a", "b")]
        found = matches(
            tmp_path, any={"payload": {"oneOf": parts}}, c=object_of(type={"const": "c"})
        )
        assert found["any"] == {"json": {"$.type": {"one_of": ["a", "b"]}}}

    def test_by_a_discriminator(self, tmp_path: Path) -> None:
        pets = {"discriminator": "kind", "oneOf": [{"$ref": "#/components/schemas/Cat"}]}
        document = conversation({"pet": {"payload": pets}, "other": object_of(kind={"const": "x"})})
        document["components"] = {"schemas": {"Cat": {"type": "object"}}}
        endpoint = endpoint_of(tmp_path, document)
        assert endpoint["rules"][0]["match"] == {"json": {"$.kind": "Cat"}}

    def test_by_several_constants_the_narrower_message_first(self, tmp_path: Path) -> None:
        found = matches(
            tmp_path,
            all=object_of(op={"const": "sub"}),
            some=object_of(op={"const": "sub"}, topic={"const": "news"}),
        )
        assert list(found) == ["some", "all"]
        assert found["some"] == {"json": {"$.topic": "news"}}

    def test_by_a_key_that_only_one_has(self, tmp_path: Path) -> None:
        found = matches(tmp_path, a=object_of(x=TEXT, y=TEXT), b=object_of(x=TEXT))
        assert found["a"] == {"json": {"$.y": {"present": True}}}
        assert list(found) == ["a", "b"]

    def test_by_the_required_keys_of_the_only_message(self, tmp_path: Path) -> None:
        assert matches(tmp_path, a=object_of(x=TEXT)) == {"a": {"json": {"$.x": {"present": True}}}}

    def test_null_is_a_constant(self, tmp_path: Path) -> None:
        found = matches(tmp_path, a=object_of(x={"const": None}))
        assert found == {"a": {"json": {"$.x": {"equals": None}}}}

    def test_true_is_not_one(self, tmp_path: Path) -> None:
        found = matches(tmp_path, a=object_of(x={"const": True}), b=object_of(x={"const": 1}))
        assert found == {"a": {"json": {"$.x": True}}, "b": {"json": {"$.x": 1}}}

    def test_only_message_of_any_kind_needs_no_conditions(self, tmp_path: Path) -> None:
        assert matches(tmp_path, a={"payload": {"type": "object"}}) == {"a": None}

    def test_messages_that_cannot_be_told_apart_share_a_rule(self, tmp_path: Path) -> None:
        document = conversation({"a": object_of(x=TEXT), "b": object_of(x=TEXT)})
        done = import_document(tmp_path, document)
        assert "b cannot be told from a, so it has no rule." in done.out
        assert [one["name"] for one in endpoint_of(tmp_path, document)["rules"]] == ["a"]

    def test_texts_and_bytes(self, tmp_path: Path) -> None:
        found = matches(
            tmp_path,
            image={"contentType": "image/png"},
            ping={"payload": {"const": "ping", "type": "string"}},
            word={"payload": {"type": "string", "pattern": "^w"}},
            other={"contentType": "text/plain"},
            json=object_of(x=TEXT),
        )
        assert found == {
            "ping": {"text": "ping"},
            "word": {"text": {"matches": "^w"}},
            "json": {"json": {"$.x": {"present": True}}},
            "image": {"type": "binary"},
            "other": {"type": "text"},
        }


def asked(request: Any, *replies: Any, **reply: Any) -> dict[str, Any]:
    """Return a document in which a request is answered with one of some replies."""
    names = [f"reply{index}" for index in range(len(replies))]
    document = conversation({"ask": request}, dict(zip(names, replies, strict=True)))
    document["operations"].pop("send", None)
    references = [{"$ref": f"#/channels/chat/messages/{name}"} for name in names]
    document["operations"]["receive"]["reply"] = {"messages": references, **reply}
    return document


def answer_to(directory: Path, document: Any) -> Any:
    (rule,) = endpoint_of(directory, document)["rules"]
    (action,) = rule["do"]
    return action["send"]


def at(place: str) -> dict[str, Any]:
    return {"correlationId": {"location": f"$message.payload#{place}"}}


class TestAnswers:
    def test_example_is_sent(self, tmp_path: Path) -> None:
        reply = {**object_of(n=INTEGER), "examples": [{"payload": {"n": 5}}]}
        assert answer_to(tmp_path, asked(object_of(x=TEXT), reply)) == {"json": {"n": 5}}

    def test_example_that_does_not_conform_is_not_sent(self, tmp_path: Path) -> None:
        reply = {**object_of(n=INTEGER), "examples": [{"payload": {"n": "five"}}]}
        document = asked(object_of(x=TEXT), reply)
        assert isinstance(answer_to(tmp_path, document)["json"]["n"], int)
        assert "'five' is not of type 'integer'" in comments_of(tmp_path, document)

    def test_schema_that_nothing_conforms_to_is_no_contract(self, tmp_path: Path) -> None:
        odd: dict[str, Any] = {
            "payload": {"type": "object", "required": ["x"], "additionalProperties": False}
        }
        document = asked(object_of(x=TEXT), odd)
        endpoint = endpoint_of(tmp_path, document)
        assert "sends" not in endpoint
        assert isinstance(answer_to(tmp_path, document)["json"]["x"], str)
        comments = comments_of(tmp_path, document)
        assert "reply0 does not conform to its own schema: $: additional" in comments
        assert "There is no `sends`, because reply0 does not conform" in comments
        odd["examples"] = [{"payload": {"x": 1}}]
        assert answer_to(tmp_path, asked(object_of(x=TEXT), odd)) == {"json": {"x": 1}}

    def test_message_without_a_schema_sends_its_example(self, tmp_path: Path) -> None:
        reply = {"examples": [{"name": "no payload"}, {"payload": [1]}]}
        assert answer_to(tmp_path, asked(object_of(x=TEXT), reply)) == {"json": [1]}
        assert answer_to(tmp_path, asked(object_of(x=TEXT), {})) == {"json": {}}

    def test_id_of_the_request_is_repeated(self, tmp_path: Path) -> None:
        ask = {**object_of(id=INTEGER), **at("/id")}
        reply = {**object_of(meta=object_of(re=INTEGER)["payload"]), **at("/meta/re")}
        sent = answer_to(tmp_path, asked(ask, reply))
        assert sent == {"json": {"meta": {"re": "{{ message.json.id }}"}}}

    def test_id_that_may_be_missing_has_a_default(self, tmp_path: Path) -> None:
        ask = {"payload": {"properties": {"a": {"properties": {"b-c": INTEGER}}}}, **at("/a/b-c")}
        reply = {"examples": [{"payload": {"id": 7}}], **at("/id")}
        assert answer_to(tmp_path, asked(ask, reply)) == {
            "json": {"id": '{{ (message.json.a | default({}))["b-c"] | default(7) }}'}
        }

    def test_id_is_at_the_same_place_if_the_answer_does_not_say_where(self, tmp_path: Path) -> None:
        ask = {**object_of(id=INTEGER), **at("/id")}
        sent = answer_to(tmp_path, asked(ask, object_of(id=INTEGER)))
        assert sent == {"json": {"id": "{{ message.json.id }}"}}
        assert answer_to(tmp_path, asked(ask, object_of(x={"const": 1}))) == {"json": {"x": 1}}

    def test_id_is_at_the_same_place_if_only_the_answer_says_where(self, tmp_path: Path) -> None:
        reply = {**object_of(id=INTEGER), **at("/id")}
        sent = answer_to(tmp_path, asked(object_of(id=INTEGER), reply))
        assert sent == {"json": {"id": "{{ message.json.id }}"}}
        sent = answer_to(tmp_path, asked(object_of(x=TEXT), reply))
        assert isinstance(sent["json"]["id"], int)

    def test_id_in_a_list(self, tmp_path: Path) -> None:
        ask = {"payload": {"type": "array"}, **at("/0")}
        reply = {"examples": [{"payload": [1, "ok"]}], **at("/0")}
        assert answer_to(tmp_path, asked(ask, reply)) == {
            "json": ["{{ message.json[0] | default(1) }}", "ok"]
        }

    def test_id_in_a_header_is_a_comment(self, tmp_path: Path) -> None:
        ask = {**object_of(x=TEXT), "correlationId": {"location": "$message.header#/id"}}
        done = import_document(tmp_path, asked(ask, object_of(n={"const": 1})))
        assert "its correlation id is at $message.header#/id" in done.out

    def test_text_that_looks_like_a_template_is_sent_as_it_is(self, tmp_path: Path) -> None:
        reply = {"examples": [{"payload": {"{{ a }}": "{% b"}}]}
        sent = answer_to(tmp_path, asked(object_of(x=TEXT), reply))
        assert sent == {"json": {"{{ a }}": "{% b"}, "template": False}

    def test_texts_and_bytes_are_sent(self, tmp_path: Path) -> None:
        reply = {"payload": {"type": "string"}, "examples": [{"payload": "pong"}]}
        assert answer_to(tmp_path, asked(object_of(x=TEXT), reply)) == {"text": "pong"}
        reply = {"contentType": "image/png", "examples": [{"payload": "ab"}]}
        assert answer_to(tmp_path, asked(object_of(x=TEXT), reply)) == {"binary": "base64:YWI="}

    def test_other_answers_are_comments(self, tmp_path: Path) -> None:
        document = asked(object_of(x=TEXT), object_of(a={"const": 1}), object_of(b={"const": 2}))
        assert answer_to(tmp_path, document) == {"json": {"a": 1}}
        assert "          # - send: {json: {b: 2}}\n" in import_document(tmp_path, document).out

    def test_answer_in_another_channel_goes_to_its_endpoint(self, tmp_path: Path) -> None:
        document = asked(object_of(x=TEXT), channel={"$ref": "#/channels/news"})
        del document["operations"]["receive"]["reply"]["messages"]
        message = {"payload": {"const": 1}}
        document["channels"]["news"] = {"address": "/news", "messages": {"new": message}}
        done = import_document(tmp_path, document)
        assert "- send: {to: {endpoint: news}, json: 1}" in done.out
        assert "goes to all clients of news" in done.out

    def test_answer_in_a_channel_without_an_address_goes_back(self, tmp_path: Path) -> None:
        document = asked(object_of(x=TEXT), channel={"$ref": "#/channels/back"})
        del document["operations"]["receive"]["reply"]["messages"]
        document["channels"]["back"] = {
            "address": None,
            "messages": {"m": {"payload": {"const": 1}}},
        }
        assert answer_to(tmp_path, document) == {"json": 1}

    def test_version_3_without_a_reply_has_no_answer(self, tmp_path: Path) -> None:
        document = conversation({"a": object_of(x=TEXT)}, {"b": object_of(y={"const": 1})})
        first, second = endpoint_of(tmp_path, document)["rules"]
        assert first["do"] == [{"send": {"json": {"y": 1}}}]
        assert second["do"] == ["ignore"]

    def test_correlation_ids_on_both_sides_are_a_reply(self, tmp_path: Path) -> None:
        ask = {**object_of(id=INTEGER), **at("/id")}
        reply = {**object_of(id=INTEGER, b={"const": 1}), **at("/id")}
        document = conversation({"a": ask}, {"b": reply})
        assert answer_to(tmp_path, document) == {"json": {"id": "{{ message.json.id }}", "b": 1}}

    @pytest.mark.parametrize(
        ("names", "sent"), [(("pong", "hello"), 0), (("hello", "pong"), 1), (("x", "y"), 0)]
    )
    def test_version_2_guesses_by_the_name(
        self, tmp_path: Path, names: tuple[str, str], sent: int
    ) -> None:
        offered = [{"name": one, "payload": {"const": n}} for n, one in enumerate(names)]
        channel = {
            "publish": {"message": {"name": "ping", "payload": {"const": "p"}}},
            "subscribe": {"message": {"oneOf": offered}},
        }
        document = version2(channels={"/chat": channel})
        *_, rule = endpoint_of(tmp_path, document)["rules"]
        assert rule["do"] == [{"send": {"json": sent}}]
        assert "This is a guess." in import_document(tmp_path, document).out

    def test_version_2_knows_x_response(self, tmp_path: Path) -> None:
        answer = {"name": "b", "payload": {"const": 2}}
        message = {"name": "a", "payload": {"const": 1}, "x-response": answer}
        document = version2(channels={"/chat": {"publish": {"message": message}}})
        assert answer_to(tmp_path, document) == {"json": 2}


class TestWhatIsNotAskedFor:
    def test_feed_is_sent_again_and_again(self, tmp_path: Path) -> None:
        examples = [{"payload": 1}, {"payload": 2}]
        document = conversation({}, {"tick": {"payload": INTEGER, "examples": examples}})
        (rule,) = endpoint_of(tmp_path, document)["rules"]
        sends = [{"send": {"json": 1}}, {"send": {"json": 2}}]
        assert rule["trigger"] == "connect"
        assert rule["do"] == [{"every": {"interval": "1s", "do": sends}}]

    def test_of_many_messages_some_are_comments(self, tmp_path: Path) -> None:
        sent = {f"m{n}": {"payload": {"const": n}} for n in range(12)}
        document = conversation({"a": object_of(x=TEXT)}, sent)
        rule, _ = endpoint_of(tmp_path, document)["rules"]
        assert len(rule["do"]) == 10
        assert "          # - send: {json: 11}\n" in import_document(tmp_path, document).out

    def test_rule_of_a_message_with_the_same_name_has_another_one(self, tmp_path: Path) -> None:
        document = conversation({"on connect": object_of(x=TEXT)}, {"b": {"payload": {"const": 1}}})
        names = [one["name"] for one in endpoint_of(tmp_path, document)["rules"]]
        assert names == ["on connect", "on connect 2"]


TRAIT = {"summary": "of the trait", "correlationId": {"location": "$message.payload#/id"}}


class TestTraits:
    def test_version_2_lets_traits_win(self, tmp_path: Path) -> None:
        message = {**object_of(id=INTEGER), "summary": "own", "traits": [TRAIT]}
        answer = {"payload": {"properties": {"id": INTEGER}}, "examples": [{"payload": {"id": 1}}]}
        message["x-response"] = answer
        document = version2(channels={"/a": {"publish": {"message": message}}})
        assert "# of the trait" in import_document(tmp_path, document).out
        assert answer_to(tmp_path, document) == {"json": {"id": "{{ message.json.id }}"}}

    def test_version_3_lets_the_message_win(self, tmp_path: Path) -> None:
        message = {**object_of(id=INTEGER), "summary": "own", "traits": [TRAIT]}
        done = import_document(tmp_path, conversation({"a": message}))
        assert "# own" in done.out
        assert "of the trait" not in done.out

    def test_operations_have_them_too(self, tmp_path: Path) -> None:
        operation = {
            "message": {"payload": INTEGER},
            "traits": [{"operationId": "tell"}, {"operationId": "say", "security": [{}]}],
        }
        document = version2(channels={"/a": {"publish": operation}})
        assert endpoint_of(tmp_path, document)["rules"][0]["name"] == "say"
        assert "# say has a security of its own" in import_document(tmp_path, document).out


def test_same_message_in_two_operations_has_one_rule(tmp_path: Path) -> None:
    document = conversation({"a": object_of(x=TEXT)})
    document["operations"]["again"] = document["operations"]["receive"]
    assert [one["name"] for one in endpoint_of(tmp_path, document)["rules"]] == ["a"]


def test_version_2_0_has_examples_without_payload_keys(tmp_path: Path) -> None:
    message = {"payload": {"type": "object"}, "examples": [{"x": 1}]}
    document = version2(channels={"/a": {"subscribe": {"message": message}}})
    (rule,) = endpoint_of(tmp_path, document)["rules"]
    assert rule["do"][0]["every"]["do"] == [{"send": {"json": {"x": 1}}}]


def test_documents_of_clients_are_turned(tmp_path: Path) -> None:
    document = version3(
        **{
            key: value
            for key, value in conversation({"a": object_of(x=TEXT)}).items()
            if key in ("channels", "operations")
        }
    )
    (rule,) = endpoint_of(tmp_path, document, "--client")["rules"]
    assert rule["trigger"] == "connect"
