"""The OpenAPI 3.1 description of the REST interface, made of the tools."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from websocket_mock.actors.documents.json_schema import json_schema, without_null
from websocket_mock.mcp_bridge.service.status import Identity
from websocket_mock.mcp_bridge.tools.catalogue import TOOLS
from websocket_mock.mcp_bridge.tools.schemas import whole_input, whole_output
from websocket_mock.mcp_bridge.tools.tool import Effect, Tool
from websocket_mock.mcp_bridge.web.event_question import EventQuestion

COMPONENTS = "#/components/schemas/"

ERRORS: Mapping[str, str] = {
    "400": "the body is not a JSON object",
    "401": "the token is missing or wrong",
    "403": "a web page from elsewhere sent the request",
    "404": "what an argument names does not exist",
    "408": "the body did not arrive in time",
    "409": "the server cannot do it in its current state",
    "413": "the body is too large",
    "415": "the body is not application/json",
    "421": "the Host header names another server",
    "422": "an argument cannot be used; one line for each problem, with its place",
    "500": "the server has a bug; its log says more",
    "503": "a part of the server does not answer",
}
"""What each status means."""

ERROR = {
    "type": "object",
    "properties": {"error": {"type": "string", "description": "what is wrong, and what to do"}},
    "required": ["error"],
}


def openapi_routes(identity: Identity) -> list[Route]:
    """Return the route of the description."""

    async def show(_: Request) -> Response:
        return JSONResponse(openapi(identity))

    return [Route("/openapi.json", show)]


@cache
def openapi(identity: Identity) -> dict[str, Any]:
    """Return the description of all paths."""
    schemas: dict[str, Any] = {"Error": ERROR}
    paths = {f"/api/{tool.name}": _operations(tool, schemas) for tool in TOOLS.values()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": identity.name,
            "version": identity.version,
            "description": identity.description,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "security": [{}, {"token": []}],
        "paths": {**paths, **_other_paths(schemas)},
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operations(tool: Tool, schemas: dict[str, Any]) -> dict[str, Any]:
    body = _lifted(whole_input(tool), schemas)
    result = _lifted(whole_output(tool), schemas)
    schemas.setdefault(tool.result.__name__, result)
    about = {
        "summary": tool.title,
        "description": tool.description,
        "tags": [tool.effect.value],
        "responses": {
            "200": _answer("the result", COMPONENTS + tool.result.__name__),
            **{status: _refusal(status) for status in ERRORS},
        },
    }
    content = {"application/json": {"schema": body}}
    post = {
        **about,
        "operationId": tool.name,
        "requestBody": {"required": bool(body.get("required")), "content": content},
    }
    if tool.effect is not Effect.READS:
        return {"post": post}
    get = {**about, "operationId": f"{tool.name}_by_query", "parameters": _parameters(body)}
    return {"get": get, "post": post}


def _answer(description: str, schema: str) -> dict[str, Any]:
    return {
        "description": description,
        "content": {"application/json": {"schema": {"$ref": schema}}},
    }


def _parameters(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the arguments as parameters of a query. Objects and lists are JSON in it."""
    parameters = []
    for name, whole in body.get("properties", {}).items():
        schema = without_null(whole)
        is_json = "$ref" in schema or schema.get("type") in ("array", "object")
        parameters.append(
            {
                "name": name,
                "in": "query",
                "required": name in body.get("required", ()),
                "description": whole.get("description", ""),
                **({"content": {"application/json": {"schema": schema}}} if is_json else {}),
                **({} if is_json else {"schema": schema}),
            }
        )
    return parameters


def _lifted(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """Move the `$defs` of a schema to the shared schemas, and let its references lead there."""
    for name, part in schema.pop("$defs", {}).items():
        schemas[name] = _pointing(part)
    lifted: dict[str, Any] = _pointing(schema)
    return lifted


def _pointing(node: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(node, list):
        return [_pointing(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: value.replace("#/$defs/", COMPONENTS)
        if key == "$ref" and isinstance(value, str)
        else _pointing(value)
        for key, value in node.items()
    }


def _other_paths(schemas: dict[str, Any]) -> dict[str, Any]:
    def get(name: str, summary: str, responses: dict[str, Any], **more: object) -> dict[str, Any]:
        refused = {status: _refusal(status) for status in ("401", "403", "421")}
        about = {"summary": summary, "operationId": name, **more}
        return {"get": {**about, "responses": {**responses, **refused}}}

    health = COMPONENTS + "HealthModel"
    question = _lifted(json_schema(EventQuestion), schemas)
    return {
        "/health": get(
            "health",
            "Health",
            {
                "200": _answer("the server is healthy", health),
                "503": _answer("a part of the server does not answer", health),
            },
        ),
        "/ca.pem": get(
            "ca",
            "The certificate authority that TLS clients must trust",
            {
                "200": _text("the certificate", "application/x-pem-file"),
                "404": _answer("the server has no authority of its own", COMPONENTS + "Error"),
                "409": _refusal("409"),
            },
        ),
        "/metrics": get(
            "metrics", "Metrics for Prometheus", {"200": _text("the metrics", "text/plain")}
        ),
        "/events": get(
            "events",
            "The traffic as server-sent events, while it grows",
            {
                "200": _text("events: server, entry, gap, cut", "text/event-stream"),
                **{status: _refusal(status) for status in ("409", "422", "503")},
            },
            parameters=_parameters(question),
        ),
    }


def _text(description: str, media_type: str) -> dict[str, Any]:
    return {
        "description": description,
        "content": {media_type: {"schema": {"type": "string"}}},
    }


def _refusal(status: str) -> dict[str, Any]:
    return _answer(ERRORS[status], COMPONENTS + "Error")
