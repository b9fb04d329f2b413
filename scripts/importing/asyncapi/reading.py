"""Reads an AsyncAPI document of any version."""

import re
from dataclasses import replace
from pathlib import Path

from websocket_mock.actors.documents.problems import BadDocument, Problem
from websocket_mock.actors.values.suggestions import nearest
from websocket_mock.scripts.importing.asyncapi import version2, version3
from websocket_mock.scripts.importing.asyncapi.bundle import Schemas
from websocket_mock.scripts.importing.asyncapi.model import Channel, Description
from websocket_mock.scripts.importing.nodes import Node, Sources

VERSIONS = "2.0 to 2.6, 3.0 and 3.1 are known"

_KNOWN = re.compile(r"(2\.[0-6]|3\.[01])(\.\d+)?(-.*)?")


def read_description(file: Path, root: Path, *, of_client: bool = False) -> Description:
    """Return what a document says. Blocks on the file system.

    Args:
        file: the document, YAML or JSON.
        root: the directory below which files may be referred to.
        of_client: whether the application of the document is the client.

    Raises:
        Unreadable: the file is missing, or no YAML or JSON.
        BadDocument: it is not a document of a known version, or not a valid one.
        RecursionError: it is nested too deeply.
    """
    sources = Sources(file, root)
    description = _read(sources.read(), of_client=of_client)
    if sources.problems:
        raise BadDocument(sources.problems)
    return description


def _read(document: Node, *, of_client: bool) -> Description:
    version = _version(document)
    schemas, info = Schemas(), document.get("info")
    is_old = version.startswith("2")
    channels = (version2 if is_old else version3).read_channels(document, schemas)
    return Description(
        title=info.text("title"),
        version=info.text("version"),
        summary=info.text("description"),
        channels=tuple(map(_turned, channels) if of_client else channels),
        says_answers=not is_old,
        definitions=schemas.definitions,
    )


def _turned(channel: Channel) -> Channel:
    """Return a channel from the other side."""
    return replace(
        channel,
        operations=tuple(
            replace(one, is_from_client=not one.is_from_client) for one in channel.operations
        ),
    )


def _version(document: Node) -> str:
    """Return the version of AsyncAPI.

    Raises:
        BadDocument: it is none of those that are known.
    """
    value = document.value
    if not isinstance(value, dict) or "asyncapi" not in value:
        raise BadDocument([Problem((), f"this is not an AsyncAPI document; {_hint(value)}")])
    version = str(value["asyncapi"])
    if not _KNOWN.fullmatch(version):
        text = f"AsyncAPI {version} is not known; {VERSIONS}"
        raise BadDocument([Problem(("asyncapi",), text)])
    return version


def _hint(value: object) -> str:
    keys = [str(one) for one in value] if isinstance(value, dict) else []
    for key, name in (
        ("openapi", "an OpenAPI"),
        ("swagger", "a Swagger"),
        ("endpoints", "a mocks"),
    ):
        if key in keys:
            return f"it looks like {name} document"
    near = next((one for one in keys if "did you mean" in nearest(one, ["asyncapi"], "")), None)
    return "it has no key 'asyncapi'" + (f"; is {near!r} a typing error?" if near else "")
