"""The OpenAPI description against the real process: requests made of it, and what they must get."""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS

from tests.helpers.bridge import IDENTITY
from tests.helpers.http_client import get
from tests.helpers.program import RunningServer
from tests.helpers.wait import PATIENCE
from websocket_mock.mcp_bridge.tools.catalogue import TOOLS
from websocket_mock.mcp_bridge.web.openapi import openapi

pytestmark = pytest.mark.e2e

SOON = 0.02
"""Seconds that a wait may take here."""

WAITS = ("timeout", "within", "window_seconds")
"""Arguments that say how long a call may wait. They are made small in all requests."""

NOT_CHECKED = (
    # The arguments are read as leniently as those in a query have to be: "5" is a number, too.
    "negative_data_rejection",
    # We know better, see RULES.
    "positive_data_acceptance",
)

RULES = re.compile(
    "Give exactly one of |Give at most one of |Give either |give one of exactly and never"
    "|up to 24h|longer than the timeout|that is at most 300, not '"
    "|give a number above 0|give binary data as |is not valid base64"
    "|cannot be sent; use 1000 to 1014"
    "|give the name of the namespace to remove|Give one name, or leave it out"
    "|named blocks can be used in mocks files only|give prefix, suffix or group"
    "|a path into JSON begins with |not a valid (path|regular expression)"
    "|json: give at least one test|The conditions are not valid: "
    r"|give a whole number, not -?[\d.e+]+$"  # JSON Schema takes 1.0 for a whole number
)
"""What refusals say for what JSON Schema cannot say, or says in a way that nobody reads."""

OPERATIONS = [
    (method, path)
    for path, operations in openapi(IDENTITY)["paths"].items()
    if path.startswith("/api/")
    for method in operations
]

EXAMPLES = settings(
    max_examples=max(4, (settings.default or settings()).max_examples // 20),
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


def test_description_is_valid(running_server: RunningServer) -> None:
    served = get(f"{running_server.control_url}/openapi.json").json()

    assert not [str(error) for error in OpenAPIV31SpecValidator(served).iter_errors()]
    assert {f"/api/{name}" for name in TOOLS} <= set(served["paths"])


@pytest.mark.parametrize(
    "path", [path for path in openapi(IDENTITY)["paths"] if not path.startswith("/api/")]
)
def test_other_path_answers_with_the_described_type(
    running_server: RunningServer, http: requests.Session, path: str
) -> None:
    # This server has no TLS, so there is nothing to trust.
    status = 404 if path == "/ca.pem" else 200
    described = openapi(IDENTITY)["paths"][path]["get"]["responses"][str(status)]["content"]
    with http.get(f"{running_server.control_url}{path}", stream=True, timeout=PATIENCE) as answer:
        assert answer.status_code == status
        assert answer.headers["content-type"].split(";")[0] in described


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_requests_that_fit_are_answered_as_described(
    running_server: RunningServer, http: requests.Session, method: str, path: str
) -> None:
    def check(case: Case[Any]) -> None:
        answer = ask(running_server, http, case)
        assert answer.status_code != 400, answer.text
        if answer.status_code == 422:
            assert RULES.search(answer.json()["error"]), answer.text

    try_out(method, path, GenerationMode.POSITIVE, check)


@pytest.mark.parametrize("tool", TOOLS)
def test_bodies_that_do_not_fit_are_answered_as_described(
    running_server: RunningServer, http: requests.Session, tool: str
) -> None:
    arguments = set(TOOLS[tool].arguments.model_fields)

    def check(case: Case[Any]) -> None:
        answer = ask(running_server, http, case)
        if isinstance(case.body, dict) and not set(case.body) <= arguments:
            assert answer.status_code == 422

    try_out("post", f"/api/{tool}", GenerationMode.NEGATIVE, check)


def try_out(method: str, path: str, mode: GenerationMode, check: Any) -> None:
    """Make requests of the description, and check the answer to each."""
    operation = schemathesis.openapi.from_dict(openapi(IDENTITY))[path][method.upper()]
    EXAMPLES(given(case=operation.as_strategy(mode))(check))()


def ask(server: RunningServer, http: requests.Session, case: Case[Any]) -> Any:
    """Send a request, and check the answer: status, content type and body as described."""
    be_quick(case)
    excluded: list[Any] = [check for check in CHECKS.get_all() if check.__name__ in NOT_CHECKED]
    return case.call_and_validate(
        server.control_url, http, excluded_checks=excluded, timeout=PATIENCE
    )


def be_quick(case: Case[Any]) -> None:
    """Let nothing wait for long."""
    fields = TOOLS[case.path.removeprefix("/api/")].arguments.model_fields
    given = case.query if case.method == "GET" else case.body
    if not isinstance(given, dict):
        return
    for name in set(WAITS) & set(fields):
        with suppress(ValueError):  # no number: this must be refused
            given[name] = min(float(str(given.get(name, 1))), SOON)
