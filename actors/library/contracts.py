"""Compiles the contracts of endpoints, and finds what an endpoint sends in breach of its own."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from websocket_mock.actors.conversation.contract import Check, CompiledContract
from websocket_mock.actors.conversation.templates import has_template
from websocket_mock.actors.documents.actions import Send
from websocket_mock.actors.documents.mocks import Contract, ContractFile, Endpoint
from websocket_mock.actors.documents.problems import Place
from websocket_mock.actors.documents.yaml_files import NotYaml, read_yaml
from websocket_mock.actors.library.stops import actions_of
from websocket_mock.actors.values.codec import encode

ReadFile = Callable[[str], bytes]
"""Returns the content of a file; raises `BadAction` if it cannot be read or may not be named."""


def compile_contract(
    endpoint: Endpoint, read_file: ReadFile, fail: Callable[[Place, object], None]
) -> CompiledContract | None:
    """Return the contract of an endpoint; None if it has none.

    Args:
        endpoint: the endpoint.
        read_file: reads the files that it names.
        fail: is called with the place of each problem in the endpoint, and what is wrong there.
    """
    if endpoint.accepts is None and endpoint.sends is None:
        return None

    def compile_side(key: str, given: Contract | None) -> Check | None:
        try:
            return None if given is None else _compile(given, read_file)
        except ValueError as error:
            fail((key,), error)
            return None

    accepts = compile_side("accepts", endpoint.accepts)
    sends = compile_side("sends", endpoint.sends)
    return CompiledContract(accepts, sends, endpoint.split_by)


def find_breaches(endpoint: Endpoint, contract: CompiledContract) -> Iterator[tuple[Place, str]]:
    """Yield the place of each constant that does not conform to `sends`, and what is wrong.

    Only what the sender itself gets is looked at, and only constants: a template may render to
    anything. The places are relative to the endpoint.
    """
    if contract.sends is None:
        return
    for place, action in actions_of(endpoint):
        text = None if action.send is None else _constant(action.send)
        why = "" if text is None else contract.why_broken("sends", text)
        if why:
            yield (*place, "send"), f"does not conform to `sends`: {why}"


def _compile(given: Contract, read_file: ReadFile) -> Check:
    # Imported late: the import takes longer than most files take to check.
    from websocket_mock.actors.matching.json_schema import compile_check  # noqa: PLC0415

    if not isinstance(given, ContractFile):
        return compile_check(given)
    schema = _parse(given.file, read_file(given.file))
    try:
        return compile_check(schema)
    except ValueError as error:
        raise ValueError(f"file {given.file!r}: {error}") from None


def _parse(name: str, content: bytes) -> Any:  # noqa: ANN401 - whatever the file holds
    if not name.endswith((".json", ".yaml", ".yml")):
        raise ValueError(f"file {name!r}: give a file whose name ends in .json, .yaml or .yml")
    try:
        if name.endswith(".json"):
            return json.loads(content)
        return read_yaml(content, json_types=True)
    except NotYaml as error:
        raise ValueError(f"file {name!r}: {error}") from None
    except (ValueError, RecursionError) as error:
        raise ValueError(f"file {name!r}: not valid JSON: {error}") from None


def _constant(send: Send) -> str | None:
    """Return the text message that an action always sends to the sender; None if there is none."""
    if send.to != "sender":
        return None
    is_json = "json_" in send.model_fields_set
    given = send.json_ if is_json else send.text
    written = [send.prefix, given, send.suffix]
    if (given is None and not is_json) or (send.template and has_template(written)):
        return None
    try:
        text = encode(given).decode() if is_json else given
    except (TypeError, UnicodeEncodeError):
        return None  # the compiler reports it as an error
    return f"{send.prefix or ''}{text}{send.suffix or ''}"
