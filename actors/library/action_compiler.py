"""From the actions a person wrote to what runs: templates compiled, files read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, assert_never

from websocket_mock.actors.conversation import actions as do
from websocket_mock.actors.conversation.templates import (
    BadTemplate,
    TemplateNames,
    compile_bytes,
    compile_json,
    compile_text,
    compile_value,
    is_template,
)
from websocket_mock.actors.documents.mocks import (
    Action,
    ClientTarget,
    EndpointTarget,
    GroupTarget,
    Send,
    SendTarget,
)
from websocket_mock.actors.documents.problems import Place
from websocket_mock.actors.faults.compiler import BadFault, compile_action_fault
from websocket_mock.actors.matching.units import parse_bytes
from websocket_mock.actors.values.frames import MAX_CONTROL_PAYLOAD

Given = TypeVar("Given")

MAX_FILE_BYTES = 16 * 1024 * 1024

_TEXT_FILES = (".txt", ".json")


class BadAction(ValueError):
    """Raised when an action cannot be compiled; the text says why."""


Fail = Callable[[Place, object], None]
"""Takes what is wrong, and where."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Where actions are compiled."""

    directory: Path | None
    """Where files are looked for; None allows none."""
    fail: Fail


def compile_actions(
    actions: Sequence[Action], setting: Setting, place: Place
) -> tuple[do.CompiledAction, ...]:
    """Return what a list of actions does; what cannot be compiled is told and left out.

    Args:
        actions: as a person wrote them.
        setting: of all actions of the document.
        place: of the list.
    """
    compiled = []
    for index, action in enumerate(actions):
        one = compile_action(action, setting, (*place, index))
        if one is not None:
            compiled.append(one)
    return tuple(compiled)


def compile_action(action: Action, setting: Setting, place: Place) -> do.CompiledAction | None:
    """Return what one action does; None where it cannot be compiled, which is told."""
    kind = _kind(action)
    here = (*place, kind)
    try:
        return _COMPILERS[kind](action, setting, here)
    except (BadAction, BadTemplate, BadFault, UnicodeEncodeError) as error:
        setting.fail(here, error)
        return None


def _kind(action: Action) -> str:
    return next(name for name in action.model_fields_set if name in _COMPILERS)


def _given(value: Given | None) -> Given:
    assert value is not None, "the schema has one key in each action"
    return value


def _send(action: Action, setting: Setting, _: Place) -> do.DoSend:
    send = _given(action.send)
    render, is_text = _payload(send, setting.directory)
    return do.DoSend(_target(send.to), render, is_text, send.fragments, send.compress)


def _payload(send: Send, directory: Path | None) -> tuple[Callable[[TemplateNames], bytes], bool]:
    if send.text is not None:
        return _text(send.text, is_template=send.template), True
    if "json_" in send.model_fields_set:
        return compile_json(send.json_, is_literal=not send.template), True
    if send.binary is not None:
        data = parse_bytes(send.binary)
        return lambda _: data, False
    path = _given(send.file)
    content = _read(path, directory)
    if not path.endswith(_TEXT_FILES):
        return lambda _: content, False
    try:
        return _text(content.decode(), is_template=send.template), True
    except UnicodeDecodeError:
        raise BadAction(
            f"file {path!r} is not UTF-8; only .txt and .json are sent as text"
        ) from None


def _text(source: str, *, is_template: bool) -> Callable[[TemplateNames], bytes]:
    if is_template:
        return compile_bytes(source)
    constant = source.encode()
    return lambda _: constant


def _read(name: str, directory: Path | None) -> bytes:
    if directory is None:
        raise BadAction(f"file {name!r}: files can be sent by mocks that come from a file only")
    base = directory.resolve()
    try:
        path = (base / name).resolve()
    except ValueError as error:
        raise BadAction(f"file {name!r} cannot be read: {error}") from None
    if not path.is_relative_to(base):
        raise BadAction(f"file {name!r} is not below the directory of the mocks file")
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise BadAction(f"file {name!r} is larger than {MAX_FILE_BYTES} bytes")
        return path.read_bytes()
    except OSError as error:
        raise BadAction(f"file {name!r} cannot be read: {error.strerror}") from None


def _target(target: SendTarget) -> do.CompiledTarget:
    match target:
        case "sender":
            return do.ToSender()
        case "others":
            return do.ToOthers()
        case "all":
            return do.ToAll()
        case GroupTarget(group=group):
            return do.ToGroup(compile_text(group))
        case ClientTarget(client=client):
            return do.ToClient(compile_text(client))
        case EndpointTarget(endpoint=endpoint):
            return do.ToEndpoint(compile_text(endpoint))
        case _:
            assert_never(target)


def _ping(action: Action, _: Setting, __: Place) -> do.DoPing:
    payload = _given(action.ping).payload
    if not is_template(payload) and len(payload.encode()) > MAX_CONTROL_PAYLOAD:
        raise BadAction(f"a ping has at most {MAX_CONTROL_PAYLOAD} bytes of payload")
    return do.DoPing(compile_bytes(payload))


def _close(action: Action, _: Setting, __: Place) -> do.DoClose:
    close = _given(action.close)
    return do.DoClose(close.code, compile_text(close.reason))


def _abort(action: Action, _: Setting, __: Place) -> do.DoAbort:
    return do.DoAbort(_given(action.abort))


def _ignore(_: Action, __: Setting, ___: Place) -> do.DoIgnore:
    return do.DoIgnore()


def _after(action: Action, setting: Setting, place: Place) -> do.DoAfter:
    after = _given(action.after)
    inner = compile_actions(after.do, setting, (*place, "do"))
    return do.DoAfter(after.delay, inner, _name(after.name))


def _every(action: Action, setting: Setting, place: Place) -> do.DoEvery:
    every = _given(action.every)
    inner = compile_actions(every.do, setting, (*place, "do"))
    return do.DoEvery(every.interval, every.jitter, every.count, inner, _name(every.name))


def _name(source: str | None) -> Callable[[TemplateNames], str] | None:
    return None if source is None else compile_text(source)


def _stop(action: Action, _: Setting, __: Place) -> do.DoStop:
    return do.DoStop(compile_text(_given(action.stop)))


def _wait(action: Action, _: Setting, __: Place) -> do.DoWait:
    return do.DoWait(_given(action.wait))


def _state(action: Action, _: Setting, __: Place) -> do.DoState:
    return do.DoState(_given(action.state))


def _set(action: Action, _: Setting, __: Place) -> do.DoSet:
    values = _given(action.set).items()
    return do.DoSet(tuple((name, compile_value(value)) for name, value in values))


def _join(action: Action, _: Setting, __: Place) -> do.DoJoin:
    return do.DoJoin(compile_text(_given(action.join)))


def _leave(action: Action, _: Setting, __: Place) -> do.DoLeave:
    return do.DoLeave(compile_text(_given(action.leave)))


def _fault(action: Action, _: Setting, __: Place) -> do.DoFault:
    return do.DoFault(compile_action_fault(_given(action.fault)))


_COMPILERS: dict[str, Callable[[Action, Setting, Place], do.CompiledAction]] = {
    "send": _send,
    "ping": _ping,
    "close": _close,
    "abort": _abort,
    "ignore": _ignore,
    "after": _after,
    "every": _every,
    "stop": _stop,
    "wait": _wait,
    "state": _state,
    "set": _set,
    "join": _join,
    "leave": _leave,
    "fault": _fault,
}
