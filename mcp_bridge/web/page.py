"""Serves the live page: the files of `mcp_bridge/page/`."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from websocket_mock.actors.faults.kind import HandshakeFault
from websocket_mock.actors.faults.presets import PRESETS
from websocket_mock.actors.faults.registry import KINDS

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
"""The files that are served, by their suffix. Not left to the system, whose table may differ."""

CACHING = {"Cache-Control": "no-cache"}
"""A browser keeps the files, but asks each time whether they have changed."""


@dataclass(frozen=True, slots=True)
class PageFile:
    """One file of the page."""

    content: bytes
    media_type: str
    etag: str


def page_routes() -> list[Route]:
    """Return the routes of the page. The files are read now, about 700 kB."""
    found = dict(_read(files("websocket_mock.mcp_bridge") / "page"))
    found["presets.json"] = _file(json.dumps(list(_presets())).encode(), TYPES[".json"])

    async def index(request: Request) -> Response:
        return _answer(found, "index.html", request)

    async def file(request: Request) -> Response:
        return _answer(found, request.path_params["path"], request)

    return [
        Route("/", index, name="page"),
        Route("/page/{path:path}", file, name="page-file"),
    ]


def _read(folder: Traversable, place: str = "") -> Iterator[tuple[str, PageFile]]:
    """Read the files of a folder and of those in it, each with its path in the page."""
    for entry in folder.iterdir():
        path = f"{place}{entry.name}"
        if entry.is_dir():
            yield from _read(entry, f"{path}/")
        elif media_type := TYPES.get(path[path.rfind(".") :]):
            yield path, _file(entry.read_bytes(), media_type)


def _file(content: bytes, media_type: str) -> PageFile:
    return PageFile(content, media_type, f'"{hashlib.sha256(content).hexdigest()}"')


def _presets() -> Iterator[Mapping[str, object]]:
    """Return the presets of faults, for the menu of the page."""
    for name, preset in PRESETS.items():
        kinds = (KINDS.get(key) for fault in preset.faults for key in fault)
        yield {
            "name": name,
            **asdict(preset),
            "isOfHandshakes": any(
                one is not None and issubclass(one, HandshakeFault) for one in kinds
            ),
        }


def _answer(found: Mapping[str, PageFile], path: str, request: Request) -> Response:
    """Answer with a file. What is not in the table does not exist, whatever the path says."""
    file = found.get(path)
    if file is None:
        raise HTTPException(404)
    headers = {**CACHING, "ETag": file.etag}
    if file.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(file.content, headers=headers, media_type=file.media_type)
