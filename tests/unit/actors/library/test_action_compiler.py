"""From the actions a person wrote to what runs."""

from pathlib import Path
from typing import Any, NoReturn

import pytest

from websocket_mock.actors.conversation.actions import (
    CompiledAction,
    DoAbort,
    DoAfter,
    DoClose,
    DoEvery,
    DoIgnore,
    DoJoin,
    DoLeave,
    DoPing,
    DoSend,
    DoSet,
    DoState,
    DoStop,
    DoWait,
    ToAll,
    ToClient,
    ToEndpoint,
    ToGroup,
    ToOthers,
    ToSender,
)
from websocket_mock.actors.documents.mocks import Action
from websocket_mock.actors.documents.problems import Place
from websocket_mock.actors.library import action_compiler
from websocket_mock.actors.library.action_compiler import BadAction, Setting, compile_action

SCOPE = {"name": "world", "n": 3}


def compiled(written: Any, directory: Path | None = None) -> CompiledAction:
    action = compile_action(Action.model_validate(written), Setting(directory, refuse), ("do", 0))
    assert action is not None
    return action


def refuse(place: Place, problem: object) -> NoReturn:
    assert place[:2] == ("do", 0)
    raise BadAction(str(problem))


def sent(directory: Path | None = None, **send: Any) -> tuple[bytes, bool]:
    """What a `send` sends: the payload, and whether it is text."""
    action = compiled({"send": send}, directory)
    assert isinstance(action, DoSend)
    return action.render(SCOPE), action.is_text


# --- payloads -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("send", "payload", "is_text"),
    [
        ({"text": "hello"}, b"hello", True),
        ({"text": ""}, b"", True),
        ({"text": "€ {{ name }}"}, "€ world".encode(), True),
        ({"text": "{{ name }}", "template": False}, b"{{ name }}", True),
        ({"json": {"a": [1, "{{ name }}"]}}, b'{"a":[1,"world"]}', True),
        ({"json": "{{ n }}"}, b"3", True),
        ({"json": "n is {{ n }}"}, b'"n is 3"', True),
        ({"json": {"{{ name }}": 1}}, b'{"world":1}', True),
        ({"json": None}, b"null", True),
        ({"json": {"a": "{{ name }}"}, "template": False}, b'{"a":"{{ name }}"}', True),
        ({"binary": "base64:AAEC"}, b"\x00\x01\x02", False),
        ({"binary": "hex:7b7b"}, b"{{", False),
    ],
)
def test_payload_is_rendered(send: dict[str, Any], payload: bytes, is_text: bool) -> None:
    assert sent(**send) == (payload, is_text)


@pytest.mark.parametrize(
    ("name", "content", "payload", "is_text"),
    [
        ("a.txt", b"hi {{ name }}", b"hi world", True),
        ("a.json", b'{"a": "{{ name }}"}', b'{"a": "world"}', True),
        ("a.bin", b"\xff{{ name }}", b"\xff{{ name }}", False),
        ("empty.txt", b"", b"", True),
    ],
)
def test_file_is_text_or_binary_by_its_name(
    tmp_path: Path, name: str, content: bytes, payload: bytes, is_text: bool
) -> None:
    (tmp_path / name).write_bytes(content)
    assert sent(tmp_path, file=name) == (payload, is_text)


def test_file_may_be_no_template(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("{{ name")
    assert sent(tmp_path, file="a.txt", template=False) == (b"{{ name", True)
    with pytest.raises(BadAction, match="not a valid template"):
        sent(tmp_path, file="a.txt")


def test_file_is_read_once_when_it_is_compiled(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"before")
    action = compiled({"send": {"file": "a.bin"}}, tmp_path)
    path.unlink()
    assert isinstance(action, DoSend)
    assert action.render(SCOPE) == b"before"


def test_file_may_be_below_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "bodies").mkdir()
    (tmp_path / "bodies" / "a.txt").write_text("hi")
    assert sent(tmp_path, file="bodies/../bodies/a.txt") == (b"hi", True)


@pytest.mark.parametrize("name", ["../secret.txt", "folder/../../secret.txt", "{}/secret.txt"])
def test_file_outside_of_the_directory_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    base = tmp_path / "mocks"
    base.mkdir()
    with pytest.raises(BadAction, match="not below the directory"):
        sent(base, file=name.format(tmp_path))


def test_link_to_a_file_outside_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    base = tmp_path / "mocks"
    base.mkdir()
    (base / "link.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(BadAction, match="not below the directory"):
        sent(base, file="link.txt")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("missing.txt", "cannot be read: No such file"),
        ("folder", "cannot be read: Is a directory"),
        ("a\0b", "cannot be read"),
        ("latin.txt", "is not UTF-8; only .txt and .json are sent as text"),
    ],
)
def test_file_that_cannot_be_had_is_refused(tmp_path: Path, name: str, why: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "latin.txt").write_bytes(b"\xe9")
    with pytest.raises(BadAction, match=why) as caught:
        sent(tmp_path, file=name)
    assert repr(name) in str(caught.value)


def test_file_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(action_compiler, "MAX_FILE_BYTES", 3)
    (tmp_path / "a.bin").write_bytes(b"123")
    (tmp_path / "b.bin").write_bytes(b"1234")
    assert sent(tmp_path, file="a.bin") == (b"123", False)
    with pytest.raises(BadAction, match="larger than 3 bytes"):
        sent(tmp_path, file="b.bin")


# --- the other parts of a send --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("to", "target"), [("sender", ToSender()), ("others", ToOthers()), ("all", ToAll())]
)
def test_target_may_be_a_word(to: str, target: object) -> None:
    action = compiled({"send": {"text": "a", "to": to}})
    assert isinstance(action, DoSend)
    assert action.target == target


def test_target_may_be_named_by_a_template() -> None:
    found = []
    for kind in ("group", "client", "endpoint"):
        action = compiled({"send": {"text": "a", "to": {kind: "hello {{ name }}"}}})
        assert isinstance(action, DoSend)
        match action.target:
            case ToGroup(group=name) | ToClient(client_id=name) | ToEndpoint(endpoint=name):
                found.append(name(SCOPE))
    assert found == ["hello world"] * 3


def test_frames_and_compression_are_kept() -> None:
    action = compiled({"send": {"text": "a", "fragments": 3, "compress": False}})
    assert isinstance(action, DoSend)
    assert (action.fragments, action.compress) == (3, False)


# --- the other actions ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "action"),
    [
        ({"abort": "reset"}, DoAbort("reset")),
        ("ignore", DoIgnore()),
        ({"wait": "2s"}, DoWait(2.0)),
        ({"state": "live"}, DoState("live")),
        (
            {"after": {"delay": 1, "do": ["ignore", {"wait": 1}]}},
            DoAfter(1.0, (DoIgnore(), DoWait(1.0))),
        ),
        (
            {"every": {"interval": 1, "jitter": 0.1, "count": 3, "do": ["ignore"]}},
            DoEvery(1.0, 0.1, 3, (DoIgnore(),)),
        ),
    ],
)
def test_action_is_compiled(written: Any, action: CompiledAction) -> None:
    assert compiled(written) == action


def test_names_and_reasons_are_templates() -> None:
    match compiled({"close": {"code": 4000, "reason": "bye {{ name }}"}}):
        case DoClose(code=4000, reason=reason):
            assert reason(SCOPE) == "bye world"
    for kind in ("join", "leave"):
        match compiled({kind: "room {{ n }}"}):
            case DoJoin(group=group) | DoLeave(group=group):
                assert group(SCOPE) == "room 3"


@pytest.mark.parametrize(
    "written",
    [
        {"after": {"name": "stream {{ n }}", "delay": 1, "do": ["ignore"]}},
        {"every": {"name": "stream {{ n }}", "interval": 1, "do": ["ignore"]}},
        {"stop": "stream {{ n }}"},
    ],
)
def test_names_of_streams_are_templates(written: Any) -> None:
    action = compiled(written)
    assert isinstance(action, DoAfter | DoEvery | DoStop)
    assert action.name is not None
    assert action.name(SCOPE) == "stream 3"


def test_variables_keep_the_type_of_an_expression() -> None:
    match compiled({"set": {"a": "{{ n }}", "b": ["{{ n }} x"], "c": None}}):
        case DoSet(values=values):
            rendered = {name: render(SCOPE) for name, render in values}
            assert rendered == {"a": 3, "b": ["3 x"], "c": None}


@pytest.mark.parametrize(
    "written",
    [
        {"send": {"text": "{{ a"}},
        {"send": {"json": {"a": ["{% for %}"]}}},
        {"send": {"json": {"{{": 1}}},
        {"send": {"json": "{{ a b }}"}},
        {"send": {"text": "a", "to": {"group": "{{"}}},
        {"send": {"text": "{{ a|nonsense }}"}},
        {"close": {"reason": "{{"}},
        {"join": "{{"},
        {"leave": "{{"},
        {"stop": "{{"},
        {"after": {"name": "{{", "delay": 1, "do": ["ignore"]}},
        {"every": {"name": "{{", "interval": 1, "do": ["ignore"]}},
        {"set": {"a": "{{"}},
        {"after": {"delay": 1, "do": [{"send": {"text": "{{"}}]}},
        {"every": {"interval": 1, "do": [{"join": "{{"}]}},
    ],
)
def test_template_that_is_not_valid_is_refused(written: Any) -> None:
    with pytest.raises(BadAction, match="not a valid template: "):
        compiled(written)


@pytest.mark.parametrize(
    ("payload", "expected"), [("€", "€".encode()), ("", b""), ("{{ name }}", b"world")]
)
def test_payload_of_a_ping_is_a_template(payload: str, expected: bytes) -> None:
    action = compiled({"ping": {"payload": payload}})
    assert isinstance(action, DoPing)
    assert action.payload(SCOPE) == expected


@pytest.mark.parametrize("payload", ["x" * 126, "€" * 42])
def test_ping_with_too_much_payload_is_refused(payload: str) -> None:
    with pytest.raises(BadAction, match="at most 125 bytes"):
        compiled({"ping": {"payload": payload}})
