"""Reads the servers of an AsyncAPI document, and what clients must show there."""

import re
from collections.abc import Callable
from urllib.parse import quote

from websocket_mock.actors.values.suggestions import nearest
from websocket_mock.scripts.importing.asyncapi.model import Credential, Server
from websocket_mock.scripts.importing.nodes import Node

WEBSOCKET = ("ws", "wss")

PROTOCOLS = (
    *WEBSOCKET,
    *("amqp", "amqps", "amqp1", "anypointmq", "googlepubsub", "http", "https", "ibmmq", "jms"),
    *("kafka", "kafka-secure", "mercure", "mqtt", "mqtts", "mqtt5", "secure-mqtt", "nats"),
    *("pulsar", "redis", "ros2", "sns", "sqs", "solace", "stomp", "stomps", "tcp", "udp"),
)
"""The protocols that are known. A document may name others, so only what looks like a mistake in
writing `ws` or `wss` is refused."""

SPELLINGS = (*WEBSOCKET, "websocket", "websockets")

_VARIABLE = re.compile(r"\{([^{}]+)\}")

Way = tuple[Credential, ...]

ReadSecurity = Callable[[Node], tuple[list[Way], list[str]]]
"""Reads the ways in, and comments on those that mocks cannot check."""


def read_servers(root: Node, key: str, read_security: ReadSecurity) -> dict[str, Server]:
    """Return the servers of a document by their names.

    Args:
        root: the document.
        key: what their path is read from: `url` (AsyncAPI 2) or `pathname` (3).
        read_security: reads the list under `security`.
    """
    return {
        name: _server(name, node, key, read_security) for name, node in root.get("servers").items()
    }


def _server(name: str, node: Node, key: str, read_security: ReadSecurity) -> Server:
    is_websocket = _is_websocket(node)
    if not is_websocket:
        return Server(name, is_websocket=False)
    notes: list[str] = []
    path = _path(node, key, notes)
    ways, unknown = read_security(node.get("security"))
    if unknown:
        # A client may come in by one of these, so none can be refused.
        notes += [
            f"The server {name} also lets in by {one}, so nobody is refused." for one in unknown
        ]
        ways = []
    return Server(name, is_websocket=True, path=path, ways_in=tuple(ways), notes=tuple(notes))


def _is_websocket(node: Node) -> bool:
    protocol = node.text("protocol")
    at = node.child("protocol")
    if not protocol:
        node.fail("a server needs a protocol, such as ws or wss")
    elif protocol.lower() not in PROTOCOLS:
        hint = nearest(protocol.lower(), SPELLINGS, "", cutoff=0.7)
        if hint:
            at.fail(f"the protocol {protocol!r} is not known; did you mean 'ws' or 'wss'?")
    return protocol.lower() in WEBSOCKET


def _path(node: Node, key: str, notes: list[str]) -> str:
    text = node.text(key)
    if key == "url":
        _, _, rest = text.rpartition("://")
        _, slash, path = rest.partition("/")
        text = slash + path
    text = _VARIABLE.sub(lambda found: _value_of(found[1], node, notes), text)
    text = text.partition("?")[0].strip("/")
    return f"/{text}" if text else ""


def _value_of(name: str, server: Node, notes: list[str]) -> str:
    """Return the value of a variable, or a capture if it has none."""
    variables = server.get("variables")
    if not isinstance(variables.value, dict) or name not in variables.value:
        hint = nearest(name, map(str, variables.value or ()), "there are none", cutoff=0.5)
        variables.fail(f"there is no variable {name!r}; {hint}")
        return "x"
    variable = variables.get(name)
    values = [one.as_text() for one in variable.get("enum").members()]
    value = variable.text("default") or next(iter(values), "")
    if not value:
        return f"{{{name}}}"
    more = [one for one in values if one != value]
    other = f" It can also be {', '.join(more)}." if more else ""
    notes.append(f"The variable {name} of the server is {value}.{other}")
    return quote(value, safe="/-._~!$&'()+,;=:@")


# --- security ---------------------------------------------------------------------------------


def way_of(scheme: Node) -> tuple[Way | None, str]:
    """Return what a security scheme wants to see; None and its name if mocks cannot check it."""
    kind, name, where = (scheme.text(key) for key in ("type", "name", "in"))
    match kind, where:
        case (("httpApiKey" | "apiKey"), "query") if name:
            return (Credential("query", name),), ""
        case (("httpApiKey" | "apiKey"), "header") if name:
            return (Credential("headers", name.lower()),), ""
        case (("httpApiKey" | "apiKey"), "cookie") if name:
            return (Credential("cookies", name),), ""
        case "http", _:
            word = scheme.text("scheme").capitalize()
            return (Credential("headers", "authorization", word),), ""
        case (("oauth2" | "openIdConnect"), _):
            return (Credential("headers", "authorization", "Bearer"),), ""
    return None, kind or "an unknown scheme"


def read_requirements(root: Node, security: Node) -> tuple[list[Way], list[str]]:
    """Read the security of AsyncAPI 2: a list of mappings of the names of schemes."""
    schemes = root.get("components").get("securitySchemes")
    ways: list[Way] = []
    unknown: list[str] = []
    is_open = False
    for requirement in security.members():
        way: list[Credential] = []
        is_known = True
        is_open = is_open or requirement.value == {}
        for name, at in requirement.items():
            scheme = schemes.get(name)
            if not scheme:
                names = map(str, schemes.value) if isinstance(schemes.value, dict) else ()
                hint = nearest(name, names, "there are none", cutoff=0.5)
                at.fail(f"there is no security scheme {name!r}; {hint}")
                continue
            found, kind = way_of(scheme)
            is_known = is_known and found is not None
            way += found or ()
            unknown += [] if found is not None else [kind]
        if is_known and way:
            ways.append(tuple(way))
    return ([], []) if is_open else (ways, unknown)


def read_schemes(security: Node) -> tuple[list[Way], list[str]]:
    """Read the security of AsyncAPI 3: a list of schemes."""
    found = [way_of(one) for one in security.members() if one]
    return [way for way, _ in found if way is not None], [
        kind for way, kind in found if way is None
    ]
