"""What `import` says, where it writes, and what it refuses."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.helpers.asyncapi import (
    conversation,
    import_document,
    import_file,
    mocks_of,
    object_of,
    version2,
    version3,
)
from tests.helpers.command import run_here
from websocket_mock.scripts import launch, validate

DOCUMENT = conversation(
    {"a": object_of(x={"type": "string"})}, {"b": object_of(y={"type": "string"})}
)


def problems(directory: Path, document: Any, *flags: str) -> list[str]:
    """Import a document in vain; return its errors without the name of the file."""
    done = import_document(directory, document, *flags)
    assert (done.code, done.out) == (1, "")
    return [line.removeprefix(f"{directory}/api.json: ") for line in done.err.splitlines()]


def test_file_is_valid_and_says_where_it_comes_from(tmp_path: Path) -> None:
    document = {
        **DOCUMENT,
        "info": {"title": "Chat", "version": "1.0", "description": "A\nb.\n\nc"},
    }
    done = import_document(tmp_path, document)
    assert done.out.startswith(
        "# Chat 1.0\n#\n# A b.\n#\n"
        "# Made of api.json by `websocket-mock-server import asyncapi`.\n\n"
    )
    mocks = tmp_path / "mocks.yaml"
    mocks.write_text(done.out)
    valid = run_here(validate.main, str(mocks))
    assert valid.out == f"{mocks}: valid, 1 endpoint, 2 rules\n"


def test_document_without_channels_makes_no_endpoints(tmp_path: Path) -> None:
    assert mocks_of(tmp_path, version2(channels={})) == {"endpoints": []}


def test_same_document_makes_the_same_file_and_another_seed_another_one(tmp_path: Path) -> None:
    first, again, other = (
        import_document(tmp_path, DOCUMENT, "--seed", seed).out for seed in ("1", "1", "2")
    )
    assert first == again != other


def test_yaml_and_included_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "m.yaml").write_text("a: {payload: {$ref: 's.json#/s'}}\n")
    (tmp_path / "parts" / "s.json").write_text('{"s": {"const": 5}}')
    channels = {"/a": {"subscribe": {"message": {"$ref": "parts/m.yaml#/a"}}}}
    file = tmp_path / "api.yaml"
    file.write_text(yaml.safe_dump(version2(channels=channels)))
    done = import_file(file)
    assert (done.code, done.err) == (0, "")
    assert "do: [{send: {json: 5}}]" in done.out


def test_reference_may_have_slashes_in_a_name(tmp_path: Path) -> None:
    """As those of some generators do."""
    channels = {"/a": {"subscribe": {"message": {"$ref": "#/components/messages/x/y/z"}}}}
    components = {"messages": {"x/y/z": {"payload": {"const": 5}}}}
    document = version2(channels=channels, components=components)
    (endpoint,) = mocks_of(tmp_path, document)["endpoints"]
    assert endpoint["sends"] == {"const": 5}


def test_references_follow_references_on_their_way(tmp_path: Path) -> None:
    channels = {
        "/a": {"subscribe": {"message": {"$ref": "#/x/payloads/1"}}},
        "/b": {"subscribe": {"message": {"$ref": "#/x/payloads/first~1one"}}},
    }
    parts = {"x": {"$ref": "#/y"}, "y": {"payloads": [{}, {"payload": {"const": 1}}]}}
    (line,) = problems(tmp_path, version2(channels=channels, **parts))
    assert line.startswith("channels./b.subscribe.message.$ref: ")
    assert "no 'first/one'" in line
    del channels["/b"]
    (endpoint,) = mocks_of(tmp_path, version2(channels=channels, **parts))["endpoints"]
    assert endpoint["sends"] == {"const": 1}


def test_files_elsewhere_need_a_root(tmp_path: Path) -> None:
    (tmp_path / "common.json").write_text('{"m": {"payload": {"const": 5}}}')
    (tmp_path / "api").mkdir()
    channels = {"/a": {"subscribe": {"message": {"$ref": "../common.json#/m"}}}}
    done = import_document(tmp_path / "api", version2(channels=channels))
    assert f"'../common.json' is not below the directory '{tmp_path}/api'" in done.err
    done = import_document(tmp_path / "api", version2(channels=channels), "--root", str(tmp_path))
    assert done.code == 0


def test_problem_of_another_file_names_it(tmp_path: Path) -> None:
    (tmp_path / "common.json").write_text('{"m": {"payload": {"$ref": "#/nothing"}}}')
    channels = {"/a": {"subscribe": {"message": {"$ref": "common.json#/m"}}}}
    done = import_document(tmp_path, version2(channels=channels))
    assert done.err.startswith(f"{tmp_path}/common.json: m.payload.$ref: the reference '#/nothing'")


class TestOutput:
    def test_file_is_written_once(self, tmp_path: Path) -> None:
        output = tmp_path / "mocks.yaml"
        done = import_document(tmp_path, DOCUMENT, "--output", str(output))
        assert (done.code, done.out) == (0, f"wrote {output}\n")
        written = output.read_text()
        assert "endpoints:" in written
        output.write_text("mine")
        done = import_document(tmp_path, DOCUMENT, "--output", str(output))
        assert done.code == 2
        assert done.err.endswith("mocks.yaml is there already; --force overwrites it\n")
        assert output.read_text() == "mine"
        assert import_document(tmp_path, DOCUMENT, "--output", str(output), "--force").code == 0
        assert output.read_text() == written

    def test_file_that_cannot_be_written_is_one_line(self, tmp_path: Path) -> None:
        done = import_document(tmp_path, DOCUMENT, "--output", str(tmp_path / "no" / "m.yaml"))
        assert done.code == 2
        assert done.err.endswith("cannot be written: No such file or directory\n")

    @pytest.mark.parametrize(
        "arguments", [[], ["openapi", "x"], ["asyncapi"], ["asyncapi", "x", "-z"]]
    )
    def test_wrong_usage_is_one_line(self, arguments: list[str]) -> None:
        done = run_here(launch.main, "import", *arguments)
        assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1)


class TestRefusal:
    def test_missing_file(self, tmp_path: Path) -> None:
        done = import_file(tmp_path / "no.yaml")
        assert (done.code, done.err) == (1, f"{tmp_path}/no.yaml: there is no such file\n")

    def test_no_yaml(self, tmp_path: Path) -> None:
        (tmp_path / "a.yaml").write_text("a: [")
        done = import_file(tmp_path / "a.yaml")
        assert done.code == 1
        assert "not valid YAML" in done.err

    @pytest.mark.parametrize(
        ("document", "problem"),
        [
            ({"openapi": "3.1.0"}, "it looks like an OpenAPI document"),
            ({"endpoints": []}, "it looks like a mocks document"),
            ({"asyncapy": "3.0.0"}, "it has no key 'asyncapi'; is 'asyncapy' a typing error?"),
            ([], "it has no key 'asyncapi'"),
        ],
    )
    def test_no_asyncapi_document(self, tmp_path: Path, document: Any, problem: str) -> None:
        (line,) = problems(tmp_path, document)
        assert line == f"the document: this is not an AsyncAPI document; {problem}"

    @pytest.mark.parametrize("version", ["1.2.0", "2.7.0", "3.2.0", "4.0.0", "x", 3])
    def test_unknown_version(self, tmp_path: Path, version: Any) -> None:
        (line,) = problems(tmp_path, {"asyncapi": version})
        assert (
            line == f"asyncapi: AsyncAPI {version} is not known; 2.0 to 2.6, 3.0 and 3.1 are known"
        )

    @pytest.mark.parametrize("version", ["2.0.0", "2.6.0", "3.0.0", "3.1.0"])
    def test_known_version(self, tmp_path: Path, version: str) -> None:
        assert import_document(tmp_path, {**version3(), "asyncapi": version}).code == 0

    @pytest.mark.parametrize(
        ("reference", "problem"),
        [
            ("#/components/mesages/a", "leads to nothing: no 'mesages'; did you mean 'messages'?"),
            ("#/components/messages/zzz", "leads to nothing: no 'zzz'; there is nothing like it"),
            ("https://example.com/a.yaml", "leads to another host; nothing is fetched"),
            ("#/channels/chat/messages/x", "leads back to itself"),
        ],
    )
    def test_reference(self, tmp_path: Path, reference: str, problem: str) -> None:
        channels = {"chat": {"address": "/", "messages": {"x": {"$ref": reference}}}}
        operation = {"action": "send", "channel": {"$ref": "#/channels/chat"}}
        document = version3(
            channels=channels,
            operations={"a": operation},
            components={"messages": {"a": {}}},
        )
        (line,) = problems(tmp_path, document)
        assert line.startswith("channels.chat.messages.x")
        assert problem in line

    def test_file_that_is_no_document(self, tmp_path: Path) -> None:
        (tmp_path / "a.yaml").write_text("a: [")
        channels = {"/a": {"$ref": "a.yaml"}, "/b": {"$ref": "b.yaml"}, "/c": {"$ref": 3}}
        first, second, third = problems(tmp_path, version2(channels=channels))
        assert first.startswith("channels./a.$ref: 'a.yaml': line 1")
        assert second == "channels./b.$ref: 'b.yaml': there is no such file"
        assert third == "channels./c.$ref: give the reference as text"

    def test_unknown_protocol(self, tmp_path: Path) -> None:
        servers = {
            "a": {"host": "x", "protocol": "wsss"},
            "b": {"host": "x"},
            "c": {"host": "x", "protocol": "own"},
        }
        assert problems(tmp_path, version3(servers=servers)) == [
            "servers.a.protocol: the protocol 'wsss' is not known; did you mean 'ws' or 'wss'?",
            "servers.b: a server needs a protocol, such as ws or wss",
        ]

    def test_all_problems_are_told_at_once(self, tmp_path: Path) -> None:
        document = version2(
            servers={"main": {"url": "ws://x/{v}", "protocol": "ws", "security": [{"tokn": []}]}},
            channels={
                "/a": {"servers": ["mian"], "publish": {"message": {"payload": 3}}, "bindings": []},
                "/b": [],
            },
            components={"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        )
        assert problems(tmp_path, document) == [
            "servers.main.variables: there is no variable 'v'; there are none",
            (
                "servers.main.security[0].tokn: there is no security scheme 'tokn'; "
                "did you mean 'token'?"
            ),
            "channels./a.bindings: give a mapping of keys to values",
            "channels./a.servers[0]: there is no server 'mian'; did you mean 'main'?",
            (
                "channels./a.publish.message.payload: give a schema: a mapping of keywords, "
                "or true or false"
            ),
            "channels./b: give a mapping of keys to values",
        ]

    def test_operations_of_version_3(self, tmp_path: Path) -> None:
        operations = {
            "a": {"action": "sent", "channel": {"$ref": "#/channels/chat"}},
            "b": {"action": "send"},
            "c": {"action": "send", "channel": {"$ref": "#/components/channels/other"}},
        }
        document = version3(
            channels={"chat": {"address": "/"}},
            operations=operations,
            components={"channels": {"other": {}}},
        )
        assert problems(tmp_path, document) == [
            "operations.a.action: 'sent' is no action; did you mean 'send'?",
            "operations.b: an operation needs a channel",
            "operations.c.channel: the reference does not lead to one of the channels",
        ]

    def test_unknown_channel(self, tmp_path: Path) -> None:
        done = import_document(tmp_path, DOCUMENT, "--channel", "chta")
        assert done.code == 1
        assert done.err.endswith("there is no channel 'chta'; did you mean 'chat'?\n")

    def test_document_nested_too_deeply(self, tmp_path: Path) -> None:
        (tmp_path / "part.json").write_text('{"not": ' * 500 + "{}" + "}" * 500)
        document = conversation({"a": {"payload": {"$ref": "part.json"}}})
        assert problems(tmp_path, document) == ["parts of it are nested too deeply"]
