"""The answers of the http skin: results and errors as JSON."""

from collections.abc import Mapping

import orjson
from pydantic import BaseModel
from starlette.responses import Response

from websocket_mock.mcp_bridge.service.errors import (
    BadArgument,
    NoAnswer,
    NotFound,
    NotPossible,
    ServiceError,
)

JSON = "application/json"

STATUSES: Mapping[type[ServiceError], int] = {
    BadArgument: 422,
    NotFound: 404,
    NotPossible: 409,
    NoAnswer: 503,
}
"""The status of each error (RFC 9110 section 15.5 and 15.6)."""


def result_answer(result: BaseModel, status: int = 200) -> Response:
    """Return a result as JSON."""
    return Response(result.model_dump_json(), status, media_type=JSON)


def error_answer(status: int, text: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return an error, in the form that every error has: {"error": text}."""
    return Response(orjson.dumps({"error": text}), status, headers, media_type=JSON)


def refusal(error: ServiceError) -> Response:
    """Return an error of the service with its status and, if it has one, its result."""
    status = STATUSES[type(error)]
    if error.result is None:
        return error_answer(status, str(error))
    body = {"error": str(error), "result": error.result.model_dump(mode="json")}
    return Response(orjson.dumps(body), status, media_type=JSON)
