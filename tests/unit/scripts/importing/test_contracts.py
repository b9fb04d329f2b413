"""The contracts that AsyncAPI documents become."""

from pathlib import Path
from typing import Any

import pytest

from tests.helpers.asyncapi import (
    comments_of,
    conversation,
    endpoint_of,
    import_document,
    object_of,
)

INTEGER = {"type": "integer"}
TEXT = {"type": "string"}


class TestContracts:
    def test_one_message(self, tmp_path: Path) -> None:
        schema = {"type": "object", "title": "A", "properties": {"title": {"examples": ["x"]}}}
        endpoint = endpoint_of(tmp_path, conversation({"a": {"payload": schema}}))
        assert endpoint["accepts"] == {"type": "object", "properties": {"title": {}}}
        assert "sends" not in endpoint

    def test_several_messages_share_definitions(self, tmp_path: Path) -> None:
        reference = {"$ref": "#/components/schemas/id"}
        document = conversation({"a": object_of(a=reference), "b": object_of(b=reference)})
        document["components"] = {"schemas": {"id": INTEGER}}
        accepts = endpoint_of(tmp_path, document)["accepts"]
        assert accepts["$defs"] == {"id": INTEGER}
        assert [one["required"] for one in accepts["anyOf"]] == [["a"], ["b"]]

    def test_lone_reference_is_written_out(self, tmp_path: Path) -> None:
        document = conversation({"a": {"payload": {"$ref": "#/components/schemas/a"}}})
        document["components"] = {"schemas": {"a": object_of(x=INTEGER)["payload"]}}
        assert endpoint_of(tmp_path, document)["accepts"] == object_of(x=INTEGER)["payload"]

    def test_schema_that_refers_to_itself_is_not(self, tmp_path: Path) -> None:
        node = {"properties": {"next": {"$ref": "#/components/schemas/node"}}}
        document = conversation({"a": {"payload": {"$ref": "#/components/schemas/node"}}})
        document["components"] = {"schemas": {"node": node}}
        assert endpoint_of(tmp_path, document)["accepts"] == {
            "$ref": "#/$defs/node",
            "$defs": {"node": {"properties": {"next": {"$ref": "#/$defs/node"}}}},
        }

    def test_two_schemas_of_one_name(self, tmp_path: Path) -> None:
        document = conversation({"a": object_of(x={"$ref": "#/x/id"}, y={"$ref": "#/y/id"})})
        document |= {"x": {"id": {"const": 1}}, "y": {"id": {"const": 2}}}
        accepts = endpoint_of(tmp_path, document)["accepts"]
        assert accepts["$defs"] == {"id": {"const": 1}, "id_2": {"const": 2}}

    def test_draft_7_is_translated(self, tmp_path: Path) -> None:
        old = {
            "items": [INTEGER],
            "additionalItems": False,
            "dependencies": {"a": ["b"], "c": {"required": ["d"]}},
        }
        assert endpoint_of(tmp_path, conversation({"a": {"payload": old}}))["accepts"] == {
            "prefixItems": [INTEGER],
            "items": False,
            "dependentRequired": {"a": ["b"]},
            "dependentSchemas": {"c": {"required": ["d"]}},
        }

    @pytest.mark.parametrize(
        ("message", "comment"),
        [
            ({"payload": TEXT}, "because a is no JSON."),
            ({}, "because a has no JSON Schema."),
            ({"payload": True}, "because a message can be any JSON."),
            (
                {"schemaFormat": "application/vnd.apache.avro", "payload": {"type": "record"}},
                "is of the format application/vnd.apache.avro, so it is not checked.",
            ),
            (
                {"payload": {"schemaFormat": "application/x-other", "schema": {}}},
                "is of the format application/x-other, so it is not checked.",
            ),
        ],
    )
    def test_there_is_none_without_a_schema(
        self, tmp_path: Path, message: Any, comment: str
    ) -> None:
        document = conversation({"a": message})
        assert comment in comments_of(tmp_path, document)
        assert "accepts" not in endpoint_of(tmp_path, document)

    @pytest.mark.parametrize(
        ("schema", "left", "comment"),
        [
            ({"pattern": "(?=x)"}, {}, "a: the pattern '(?=x)' is not a valid"),
            ({"minimum": "1"}, {}, "a: the value of 'minimum' in a schema is not valid: '1'."),
            (
                {"patternProperties": {"(": True, "a": False}},
                {"patternProperties": {"a": False}},
                "'('",
            ),
        ],
    )
    def test_what_is_not_valid_is_left_out(
        self, tmp_path: Path, schema: Any, left: Any, comment: str
    ) -> None:
        document = conversation({"a": {"payload": {"type": "object", **schema}}})
        assert endpoint_of(tmp_path, document)["accepts"] == {"type": "object", **left}
        assert comment in comments_of(tmp_path, document)

    def test_schema_that_is_nested_too_deeply_to_be_checked_is_left_out(
        self, tmp_path: Path
    ) -> None:
        schema: dict[str, Any] = {}
        for _ in range(200):
            schema = {"not": schema}
        message = {"payload": schema, "examples": [{"payload": 5}]}
        for document in (conversation({"a": message}), conversation({}, {"a": message})):
            assert not {"accepts", "sends"} & set(endpoint_of(tmp_path, document))
            assert "nested too deeply" in comments_of(tmp_path, document)

    def test_headers_of_messages_are_a_comment(self, tmp_path: Path) -> None:
        document = conversation({"a": {**object_of(x=TEXT), "headers": {"type": "object"}}})
        done = import_document(tmp_path, document)
        assert "a has headers; a WebSocket message has none." in done.out
