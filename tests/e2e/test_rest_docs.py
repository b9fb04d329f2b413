"""The examples of docs/rest.md, in the shell and in JavaScript, against the real process."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.helpers.json_client import websocket
from tests.helpers.program import ROOT, RunningServer
from tests.helpers.rest_api import rest_api
from tests.helpers.wait import PATIENCE

pytestmark = pytest.mark.e2e

PAGE = (ROOT / "docs" / "rest.md").read_text(encoding="utf-8")
SECTION = PAGE.split("## Call a tool")[1].split("\n## ")[0]

ADDRESS = "http://localhost:8004"


def blocks(language: str) -> list[str]:
    """Return the examples in a language that call tools."""
    return re.findall(rf"^```{language}\n(.*?)^```", SECTION, re.DOTALL | re.MULTILINE)


@pytest.fixture
def websocket_client(running_server: RunningServer) -> Iterator[None]:
    """The endpoint of the examples, and a client that has connected to it."""
    (arm, *_) = curl_commands(running_server)
    assert run("sh", "-c", arm)["status"] == "set"
    with websocket(f"{running_server.websocket_url}/prices"):
        yield
    with rest_api(running_server.control_url) as api:
        api.call("reset_websocket_server", what=["traffic", "mocks"])


def curl_commands(server: RunningServer) -> list[str]:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    text = "\n".join(blocks("sh")).replace(ADDRESS, server.control_url)
    return re.split(r"\n+(?=curl )", text.strip())


def run(*command: str, program: str | None = None) -> dict[str, Any]:
    done = subprocess.run(
        command, input=program, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.usefixtures("websocket_client")
def test_examples_for_the_shell_work(running_server: RunningServer) -> None:
    _, wait, clients, traffic = curl_commands(running_server)

    assert run("sh", "-c", wait)["status"] == "happened"
    assert run("sh", "-c", clients)["status"] == "success"
    assert run("sh", "-c", traffic)["entries"] == []


@pytest.mark.usefixtures("websocket_client")
def test_example_in_javascript_works(running_server: RunningServer) -> None:
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    (example,) = blocks("js")
    program = (
        example.replace(ADDRESS, running_server.control_url)
        + """
const refused = await call("get_websocket_client").catch((error) => error.message);
const waited = await call("wait_for_websocket_event", {match: {kind: "ping"}, timeout: 0.1});
console.log(JSON.stringify({result, refused, waited}));
"""
    )
    report = run("node", "--input-type=module", program=program)

    assert report["result"]["passed"]
    assert report["refused"].endswith("did you mean 'get_websocket_clients'?")
    assert report["waited"]["status"] == "timed_out"
