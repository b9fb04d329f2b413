"""`GET /ca.pem`: the certificate of the authority that TLS clients must trust."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from websocket_mock.mcp_bridge.service.errors import ServiceError
from websocket_mock.mcp_bridge.state import BridgeState
from websocket_mock.mcp_bridge.web.answers import error_answer, refusal

PATH = "/ca.pem"

NONE = (
    "There is no certificate authority to trust: the server was started without --tls-self-signed."
)


def authority_routes(state: BridgeState) -> list[Route]:
    """Return the route of the certificate."""

    async def certificate(_: Request) -> Response:
        try:
            pem = state.gateway.status().ca_pem
        except ServiceError as error:
            return refusal(error)
        if pem is None:
            return error_answer(404, NONE)
        return Response(pem, media_type="application/x-pem-file")

    return [Route(PATH, certificate)]
