"""What docs/tls.md says: clients that trust the server, and what they report of each fault."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.helpers.node import FOLDER, node, require_node, require_package
from tests.helpers.snippets import files_in, page
from tests.helpers.tls import TlsServer, serving_tls
from tests.helpers.wait import PATIENCE
from websocket_mock.actors.library.reading import compile_document
from websocket_mock.mcp_bridge.service.faults import set_faults

pytestmark = pytest.mark.integration

PAGE = page("tls.md")
PYTHON = files_in(PAGE, "python")
JAVASCRIPT = files_in(PAGE, "js")
ROW = re.compile(r"^\| `(\{tls_\w+: \{.*?\}\})` \| `(\w+)` \| `(\w+)`, (.+?) \|", re.MULTILINE)
"""A fault, the code in Node, the error in Python and its words."""

((KEYTOOL, JAVA),) = re.findall(r"^(keytool .*)\n(java .*)$", PAGE, re.MULTILINE)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsServer]:
    """A server whose authority is in `ca.pem`."""
    with serving_tls(tmp_path_factory.mktemp("tls")) as one:
        yield one


def run(
    server: TlsServer,
    name: str,
    text: str,
    *command: str,
    folder: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> str:
    """Run an example of the page beside the file of the authority; return what it prints."""
    place = (folder or server.folder) / name
    place.write_text(text.replace("localhost:9004", f"localhost:{server.port}"), encoding="utf-8")
    try:
        done = subprocess.run(
            [*command, str(place)],
            cwd=server.folder,
            env={**os.environ, **(env or {})},
            capture_output=True,
            text=True,
            timeout=2 * PATIENCE,
            check=False,
        )
    finally:
        place.unlink()
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", [one for one in PYTHON if one.startswith("with_")])
def test_example_in_python_trusts_the_server(server: TlsServer, name: str) -> None:
    assert run(server, name, PYTHON[name], sys.executable) == "hello\n"


def test_example_with_ws_trusts_the_server(server: TlsServer) -> None:
    require_package("ws")
    # In that folder, where its package is.
    text = JAVASCRIPT["with_ws.mjs"]
    assert run(server, "with_ws.mjs", text, "node", folder=FOLDER) == "hello\n"


def test_example_with_the_websocket_of_node_trusts_the_server(server: TlsServer) -> None:
    require_node(20)
    name = "with_global.mjs"
    trust = {"NODE_EXTRA_CA_CERTS": "ca.pem", "NODE_OPTIONS": "--experimental-websocket"}
    assert run(server, name, JAVASCRIPT[name], "node", env=trust) == "hello\n"


def test_example_in_java_trusts_the_server(server: TlsServer) -> None:
    for program in ("keytool", "java"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    (text,) = files_in(PAGE, "java").values()
    # Without the second compiler, they take half the time.
    quick = {"JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}
    subprocess.run(
        KEYTOOL.split(),
        cwd=server.folder,
        env={**os.environ, **quick},
        capture_output=True,
        check=True,
        timeout=PATIENCE,
    )
    assert run(server, "Client.java", text, *JAVA.split()[:-1], env=quick) == "hello\n"


def test_examples_of_mocks_are_valid() -> None:
    for block in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE):
        compiled = compile_document(yaml.safe_load(block))
        assert compiled.endpoints or compiled.faults
        assert compiled.warnings == ()


def test_clients_report_each_fault_as_the_page_says(server: TlsServer, tmp_path: Path) -> None:
    require_package("ws")
    rows = [(yaml.safe_load(fault), *said) for fault, *said in ROW.findall(PAGE)]
    stalls = [row for row in rows if "tls_stall" in row[0]]
    others = [row for row in rows if row not in stalls]
    assert (len(stalls), len(others)) == (1, 7)
    check_reports(server, others)
    with serving_tls(tmp_path, handshake_timeout=0.5) as impatient:
        check_reports(impatient, stalls)


def check_reports(server: TlsServer, rows: Sequence[tuple[Any, ...]]) -> None:
    """Let clients meet all faults, each at a server name of its own, and check what they say."""
    names = [f"f{number}.test" for number in range(len(rows))]
    faults = [limited(row[0], name) for row, name in zip(rows, names, strict=True)]
    set_faults(server.server.gateway, faults)
    url = f"wss://127.0.0.1:{server.port}/echo"
    trust = {"NODE_EXTRA_CA_CERTS": str(server.folder / "ca.pem")}
    with node("tls.js", url, *names, "well.test", env=trust) as process:
        said_by_python = [error_of(server, name) for name in names]
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    assert json.loads(out) == [*(code for _, code, *_ in rows), "opened"]
    for (_, _, kind, words), error in zip(rows, said_by_python, strict=True):
        assert type(error).__name__ == kind
        assert words in str(error)


def limited(fault: dict[str, Any], server_name: str) -> dict[str, Any]:
    """Return the fault for clients that want this host."""
    ((kind, parameters),) = fault.items()
    return {kind: {**parameters, "server_name": server_name}, "name": server_name}


def error_of(server: TlsServer, host: str) -> Exception:
    with pytest.raises(OSError) as caught, server.connect(host=host):
        pass
    return caught.value
