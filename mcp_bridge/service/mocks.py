"""The verbs about mocks: list, set and remove programmed endpoints."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from pydantic import BaseModel, Field

from websocket_mock.actors.conversation.compiled import CompiledEndpoint
from websocket_mock.actors.conversation.own_code import Function
from websocket_mock.actors.documents.problems import BadDocument, Problem
from websocket_mock.actors.documents.yaml_files import MAX_TEXT, NotYaml, read_yaml
from websocket_mock.actors.documents.yaml_writing import write_yaml
from websocket_mock.actors.library.namespace import Namespace
from websocket_mock.actors.library.reading import compile_document
from websocket_mock.mcp_bridge.service.addresses import url_of
from websocket_mock.mcp_bridge.service.errors import NotFound, verb
from websocket_mock.mcp_bridge.service.gateway import Gateway
from websocket_mock.mcp_bridge.service.namespaces import one_namespace
from websocket_mock.mcp_bridge.service.redaction import MASK
from websocket_mock.mcp_bridge.service.sizes import CONCISE_ITEMS, shorten, take_fitting

NO_MOCKS = "There are no mocks. Set one with set_websocket_mock."
MORE_MOCKS = "There are more than fit here. Ask for one by its name."

Definition = Mapping[str, Any] | list[Any] | str
"""An endpoint, a list of them, or a document; as values, or as a YAML text."""

DOCUMENT_KEYS = frozenset(
    {"endpoints", "include", "use", "defaults", "actions", "matchers", "parameters"}
)
"""The keys by which a document is told from a single endpoint."""

MAX_NAMES = 50
"""The most namespaces that are listed."""


class EndpointModel(BaseModel):
    """An endpoint in force."""

    name: str
    path: str
    rules: int
    script_steps: int
    handshake_rules: int
    http_rules: int
    unmatched: str
    clients_connected: int
    fired: int = Field(description="how often its rules have fired since the start")
    file: str | None = Field(
        description="the mocks file that has an endpoint of this name; when the file changes, it "
        "comes in force again"
    )
    fired_by_rule: dict[str, int] | None = Field(
        default=None, description="by the name of each rule; only if you ask for one endpoint"
    )
    seed: str | None = Field(default=None, description="only if you ask for one endpoint")
    definition: dict[str, Any] | None = Field(
        default=None, description="as it was written; only if you ask for one endpoint"
    )
    yaml: str | None = Field(
        default=None,
        description="the definition as YAML, with its comments if it came as YAML; only with "
        "as_yaml",
    )

    @classmethod
    def of(
        cls,
        endpoint: CompiledEndpoint,
        clients: int,
        fired: Mapping[str, int],
        file: str | None,
        *,
        is_whole: bool = False,
        as_yaml: bool = False,
    ) -> "EndpointModel":
        """Return the public form of an endpoint.

        Args:
            endpoint: the endpoint.
            clients: how many clients are connected to it.
            fired: how often each rule has fired.
            file: the mocks file that has it, if any.
            is_whole: whether to return its definition and what belongs to it.
            as_yaml: whether to return its definition as YAML, too; only with `is_whole`.
        """
        source = endpoint.source
        names = [rule.name or f"rules[{place}]" for place, rule in enumerate(source.rules)]
        names += [rule.name or f"http[{place}]" for place, rule in enumerate(source.http)]
        counts = {name: fired.get(name, 0) for name in names}
        definition = (
            source.model_dump(mode="json", by_alias=True, exclude_unset=True) if is_whole else None
        )
        return cls(
            name=endpoint.name,
            path=source.path,
            rules=len(source.rules),
            script_steps=len(source.script or ()),
            handshake_rules=len(source.handshake),
            http_rules=len(source.http),
            unmatched=source.unmatched,
            clients_connected=clients,
            fired=sum(counts.values()),
            file=file,
            fired_by_rule=counts if is_whole else None,
            seed=endpoint.seed.removesuffix(f"/{endpoint.name}") if is_whole else None,
            definition=definition,
            yaml=(endpoint.text or write_yaml(definition)) if as_yaml and is_whole else None,
        )


class MocksResult(BaseModel):
    """The endpoints in force."""

    endpoints: list[EndpointModel]
    total: int
    namespaces: list[str] | None = Field(
        default=None, description="all namespaces; only if you ask without a namespace"
    )
    endpoint_vars: dict[str, Any] | None = Field(
        default=None, description="the variables of the endpoint; only if you ask for one endpoint"
    )
    client_vars: dict[str, dict[str, Any]] | None = Field(
        default=None,
        description="the variables of the clients, by the key of each client, the latest last; "
        "only if you ask for one endpoint",
    )
    hint: str | None = None


class SetEndpointModel(BaseModel):
    """An endpoint of a document that was set."""

    name: str
    replaced: bool
    url: str


class SetMockResult(BaseModel):
    """The result of setting a mock."""

    status: Literal["set", "valid", "error"] = Field(description="valid: a dry run found no error")
    name: str | None
    replaced: bool
    url: str | None = Field(description="the address that clients of the endpoint connect to")
    endpoints: list[SetEndpointModel] | None = Field(
        default=None,
        description="of a list or a document: all its endpoints; name and url are "
        "those of the first",
    )
    warnings: list[str]
    errors: list[str] = Field(description="each with its place in the definition")


class RemovedResult(BaseModel):
    """The result of removing mocks."""

    removed: list[str]
    unknown: list[str]


def _variables(gateway: Gateway, space: Namespace, endpoint: CompiledEndpoint) -> dict[str, Any]:
    """Return the variables of an endpoint, cut to a size and masked."""
    clients = list(space.memories.client_vars(endpoint.name).items())[-CONCISE_ITEMS:]
    redaction, key = gateway.redaction, endpoint.client_key
    is_secret = key is not None and (key.cookie or redaction.masks(key.query or key.header or ""))
    if is_secret:
        clients = [(f"{MASK} {number}", values) for number, (_, values) in enumerate(clients)]
    return {
        "endpoint_vars": shorten(redaction.values(space.memories.endpoint_vars(endpoint.name))),
        "client_vars": {shorten(one): shorten(redaction.values(values)) for one, values in clients},
    }


def _fired(gateway: Gateway, space: Namespace) -> Mapping[str, Mapping[str, int]]:
    """Return how often rules have fired, by endpoint and rule."""
    fired: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for (counted, namespace, endpoint, rule), count in gateway.tally().items():
        if counted == "rule" and namespace == space.name and endpoint is not None:
            fired[endpoint][rule] = count
    return fired


@verb
def list_mocks(
    gateway: Gateway,
    name: str | None = None,
    namespace: str | None = None,
    *,
    as_yaml: bool = False,
) -> MocksResult:
    """Return the programmed endpoints, or one with its definition. Blocks for at most 5 s.

    Args:
        gateway: gives access to the actors.
        name: of the endpoint; None: all.
        namespace: of the endpoints; None: outside namespaces.
        as_yaml: whether to return the definition of the one as YAML, too.

    Raises:
        ServiceError: there is no such endpoint, or nothing answers.
    """
    space = one_namespace(gateway, namespace)
    clients = gateway.count_by_endpoint(space.name)
    fired = _fired(gateway, space)

    def described(endpoint: CompiledEndpoint, *, is_whole: bool = False) -> EndpointModel:
        key = endpoint.name
        counts = (clients.get(key, 0), fired[key], space.files.get(key))
        return EndpointModel.of(endpoint, *counts, is_whole=is_whole, as_yaml=as_yaml)

    if name is not None:
        endpoint = find_endpoint(space, name)
        shown = described(endpoint, is_whole=True)
        return MocksResult(endpoints=[shown], total=1, **_variables(gateway, space, endpoint))
    endpoints = space.book.endpoints
    names = gateway.library.names() if space.name is None else None
    shown_names = None if names is None else names[:MAX_NAMES]
    models = take_fitting(
        map(described, endpoints),
        spent=len("".join(shown_names or ())) + 4 * len(shown_names or ()),
    )
    hints = [MORE_MOCKS if len(models) < len(endpoints) else "" if models else NO_MOCKS]
    if names and len(names) > MAX_NAMES:
        hints.append(f"There are {len(names):,} namespaces; only the first {MAX_NAMES} are listed.")
    return MocksResult(
        endpoints=models,
        total=len(endpoints),
        namespaces=shown_names,
        hint=" ".join(filter(None, hints)) or None,
    )


@verb
def set_mock(
    gateway: Gateway,
    definition: Definition,
    seed: int | str = 0,
    namespace: str | None = None,
    *,
    dry_run: bool = False,
    functions: Mapping[str, Function] | None = None,
) -> SetMockResult:
    """Create or replace programmed endpoints, or check them: all or none. Blocks for at most 5 s.

    Open connections follow the new definition from their next message on.

    Args:
        gateway: gives access to the actors.
        definition: an endpoint, a list of them, or a document as in a mocks file; as values, or as
            a YAML text. The text of a single endpoint is kept as it is written.
        seed: the seed of all random choices, unless the document has one.
        namespace: of the endpoints; None: outside namespaces.
        dry_run: whether only to check it.
        functions: what its `call` actions can run, by name; only callers in this process have any.

    Raises:
        ServiceError: the namespace cannot be used, or nothing answers. Errors in the definition
            are in the result.
    """
    space = one_namespace(gateway, namespace)
    try:
        source = _read_text(definition) if isinstance(definition, str) else definition
        document = _as_document(source)
        is_single = document is None
        document = {"endpoints": [source]} if document is None else document
        compiled = compile_document({"seed": seed, **document}, functions=functions)
    except NotYaml as error:
        return _refused([str(error)])
    except BadDocument as error:
        return _refused([_shown(one, is_single=is_single) for one in error.problems])
    endpoints = list(compiled.endpoints)
    if is_single and isinstance(definition, str):
        endpoints = [replace(one, text=definition) for one in endpoints]
    known = {one.name for one in endpoints if space.get(one.name) is not None}
    if not dry_run:
        gateway.put_mocks(space, endpoints)
        if compiled.faults:
            gateway.set_faults(space, compiled.faults, ())
    base = url_of(gateway.status(), space.name)
    models = [
        SetEndpointModel(
            name=one.name,
            replaced=one.name in known and not dry_run,
            url=base + one.source.path,
        )
        for one in endpoints
    ]
    first = models[0] if models else None
    return SetMockResult(
        status="valid" if dry_run else "set",
        name=None if first is None else first.name,
        replaced=any(one.replaced for one in models),
        url=None if first is None else first.url,
        endpoints=None if is_single else models,
        warnings=[_shown(one, is_single=is_single) for one in compiled.warnings],
        errors=[],
    )


def _as_document(source: object) -> Mapping[str, Any] | None:
    """Return the document that a definition is; None: it is a single endpoint."""
    if isinstance(source, list):
        return {"endpoints": source}
    if not isinstance(source, Mapping):
        return None
    is_document = not DOCUMENT_KEYS.isdisjoint(source)
    return source if is_document or ("faults" in source and "path" not in source) else None


def _shown(problem: Problem, *, is_single: bool) -> str:
    """Return a problem with its place in what the caller wrote."""
    return str(problem).removeprefix("endpoints[0].") if is_single else str(problem)


def _read_text(text: str) -> object:
    """Return what a YAML text says.

    Raises:
        NotYaml: it is not valid or too long.
    """
    if len(text) > MAX_TEXT:
        raise NotYaml(
            f"a YAML text may have {MAX_TEXT:,} characters; give the definition as JSON, or put it "
            "into a mocks file"
        )
    return read_yaml(text, json_types=True, max_values=MAX_TEXT)


def _refused(errors: list[str]) -> SetMockResult:
    return SetMockResult(
        status="error", name=None, replaced=False, url=None, warnings=[], errors=errors
    )


@verb
def remove_mocks(
    gateway: Gateway, names: Sequence[str], namespace: str | None = None
) -> RemovedResult:
    """Remove programmed endpoints; their connections stay open. Blocks for at most 5 s.

    Raises:
        ServiceError: the namespace cannot be used, or nothing answers.
    """
    space = one_namespace(gateway, namespace)
    known = [name for name in names if space.get(name) is not None]
    gateway.put_mocks(space, (), known)
    return RemovedResult(removed=known, unknown=[name for name in names if name not in known])


def find_endpoint(namespace: Namespace, name: str) -> CompiledEndpoint:
    """Return the current version of an endpoint.

    Raises:
        NotFound: no endpoint has the name.
    """
    endpoint = namespace.get(name)
    if endpoint is None:
        known = ", ".join(one.name for one in namespace.book.endpoints) or "none"
        raise NotFound(f"There is no endpoint {name!r}. The endpoints are: {known}.")
    return endpoint
