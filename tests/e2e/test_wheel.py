"""The wheel, installed beside a project that has folders of our folders' names."""

import json
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.utils import canonicalize_name

from tests.helpers.dependencies import run_time_dependencies
from tests.helpers.json_client import json_client
from tests.helpers.mcp_session import mcp_session, stdio_transport
from tests.helpers.program import ROOT, environment, serving
from tests.helpers.wait import PATIENCE
from websocket_mock.actors.library import dialects
from websocket_mock.scripts.dev import sbom
from websocket_mock.skills import SKILL_FILE

pytestmark = pytest.mark.e2e

NOT_SOURCE = shutil.ignore_patterns(
    ".*", "__pycache__", "node_modules", "*.egg-info", "build", "dist"
)


def run(*command: str | Path, cwd: Path, **env: str) -> str:
    """Run a command to its good end; return what it printed."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environment(env),
        capture_output=True,
        text=True,
        timeout=3 * PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the sdist, and that from a copy of the tree, which stays clean."""
    source, dist = tmp_path_factory.mktemp("source") / "tree", tmp_path_factory.mktemp("dist")
    shutil.copytree(ROOT, source, ignore=NOT_SOURCE)
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", dist, source, cwd=source)
    (built,) = dist.glob("*.whl")
    return built


@dataclass(frozen=True, slots=True)
class Project:
    """A user's project with the wheel in a virtual environment of its own."""

    directory: Path
    bin: Path

    @property
    def env(self) -> dict[str, str]:
        return {"PYTHONPATH": str(self.directory)}

    def python(self, code: str) -> str:
        return run(self.bin / "python", "-c", code, cwd=self.directory, **self.env)


@pytest.fixture(scope="module")
def project(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    directory, environment_ = tmp_path_factory.mktemp("project"), tmp_path_factory.mktemp("venv")
    for name, text in {
        "scripts/deploy.py": "TARGET = 'production'",
        "actors/__init__.py": "CAST = ['Ann', 'Bob']",
        "tests/test_own.py": "",
    }.items():
        file = directory / name
        file.parent.mkdir()
        file.write_text(text)
    venv.create(environment_, with_pip=False)
    python = environment_ / "bin" / "python"
    run(
        *(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--quiet"),
        *("--disable-pip-version-check", wheel),
        cwd=directory,
    )
    # What it depends on is here already; a path in a .pth file brings no editable install along.
    paths = {sysconfig.get_path(name) for name in ("purelib", "platlib")}
    ask = "import sysconfig; print(sysconfig.get_path('purelib'), end='')"
    site = Path(run(python, "-c", ask, cwd=directory))
    (site / "dependencies.pth").write_text("\n".join(paths))
    return Project(directory, environment_ / "bin")


def test_wheel_holds_the_package_and_its_metadata_alone(wheel: Path) -> None:
    names = ZipFile(wheel).namelist()
    metadata = f"{'-'.join(wheel.name.split('-')[:2])}.dist-info"
    assert {name.partition("/")[0] for name in names} == {"websocket_mock", metadata}
    assert not [name for name in names if "/dev/" in name or "/tests/" in name]
    assert "websocket_mock/py.typed" in names
    entry_points = ZipFile(wheel).read(f"{metadata}/entry_points.txt").decode()
    assert "[pytest11]\nwebsocket_mock = websocket_mock.pytest_plugin\n" in entry_points


def test_skill_is_in_the_wheel(project: Project) -> None:
    command = project.bin / "websocket-mock-server"
    printed = run(command, "skill", cwd=project.directory, **project.env)
    assert printed == SKILL_FILE.read_text(encoding="utf-8")


def test_dialects_are_in_the_wheel(project: Project) -> None:
    compiled = project.python(
        "from websocket_mock.actors.library.dialects import names\n"
        "from websocket_mock.actors.library.reading import compile_document\n"
        "compile_document({'include': [f'dialect:{name}' for name in names()]})\n"
        "print(*names())"
    )
    assert compiled.split() == list(dialects.names())


def test_wheel_holds_the_live_page(wheel: Path) -> None:
    folder = ROOT / "mcp_bridge" / "page"
    files = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    served = {path.as_posix() for path in files if path.name != "README.md"}
    held = "websocket_mock/mcp_bridge/page/"
    names = ZipFile(wheel).namelist()
    assert {name.removeprefix(held) for name in names if name.startswith(held)} == served


def test_list_of_what_the_wheel_needs_is_complete_and_exact(wheel: Path) -> None:
    assert sbom.main([str(wheel.parent)]) == 0
    (file,) = wheel.parent.glob(f"*{sbom.SUFFIX}")
    bom = json.loads(file.read_text())
    assert (bom["bomFormat"], bom["specVersion"]) == ("CycloneDX", "1.6")
    root = bom["metadata"]["component"]
    assert root["hashes"] == [{"alg": "SHA-256", "content": sha256(wheel.read_bytes()).hexdigest()}]
    listed = {one["purl"] for one in bom["components"]}
    direct = {one["ref"]: one.get("dependsOn", []) for one in bom["dependencies"]}[root["bom-ref"]]
    needed = {one.partition("@")[0] for one in direct if one.startswith("pkg:pypi/")}
    assert needed == {f"pkg:pypi/{name}" for name in run_time_dependencies()}
    assert {one for one in direct if one.startswith("pkg:npm/")} == {
        one for one in listed if one.startswith("pkg:npm/")
    }
    assert {one for one in listed if one.startswith("pkg:pypi/")} <= pinned()


def pinned() -> set[str]:
    """What `constraints.txt` has, as package URLs."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pairs = [line.split("==") for line in lines if not line.startswith("#")]
    return {f"pkg:pypi/{canonicalize_name(name)}@{version}" for name, version in pairs}


def test_code_of_the_project_is_found_and_not_ours(project: Project) -> None:
    imports = "import scripts.deploy, actors, websocket_mock"
    found = project.python(
        f"{imports}; print(scripts.deploy.TARGET, actors.CAST, websocket_mock.__file__)"
    )
    assert found.startswith("production ['Ann', 'Bob'] ")
    assert str(project.bin.parent) in found


BROKEN_CLIENT = """
import sys

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

def subscribe(url):
    with connect(url) as connection:
        connection.send('{"type": "subscrbe"}')
        try:
            return connection.recv()
        except ConnectionClosed:
            return None

def test_subscribe(websocket_mock):
    print("plugin of", sys.modules["websocket_mock.pytest_plugin"].__file__)
    prices = websocket_mock.endpoint("/prices")
    prices.on(json={"$.type": "subscribe"}).send(text="ok")
    subscribe(prices.url())
"""


def test_pytest_finds_the_plugin_and_a_failure_says_what_is_wrong(
    project: Project, tmp_path: Path
) -> None:
    (tmp_path / "test_client.py").write_text(BROKEN_CLIENT)
    # Of the plugins that are installed here, only this one.
    options = ("-p", "no:schemathesis", "-p", "no:asyncio", "-p", "no:xdist", "-q")
    done = subprocess.run(
        [project.bin / "python", "-W", "error", "-m", "pytest", *options],
        cwd=tmp_path,
        env=environment({}),
        capture_output=True,
        text=True,
        timeout=3 * PATIENCE,
        check=False,
    )
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout + done.stderr
    assert "1 message nobody expected:" in done.stdout
    assert 'json $.type: expected "subscribe", got "subscrbe"' in done.stdout
    assert "WebSocket transcript" in done.stdout
    assert f"plugin of {project.bin.parent}" in done.stdout


@pytest.fixture(scope="module")
def served(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    command = [str(project.bin / "websocket-mock-server")]
    with serving(
        tmp_path_factory.mktemp("server"), env=project.env, program=command, cwd=project.directory
    ) as server:
        yield server.websocket_url


def test_command_serves_clients(served: str) -> None:
    with json_client(served) as client:
        assert client.ask(type="ping")["type"] == "pong"


def test_client_and_stress_commands_reach_it(project: Project, served: str) -> None:
    command = project.bin / "websocket-mock-server"
    shown = run(command, "client", "test", "--url", served, cwd=project.directory, **project.env)
    assert "0 failed" in shown
    load = ("stress", "--url", served, "--clients=4", "--threads=2", "--duration=0.2")
    run(command, *load, cwd=project.directory, **project.env)


@pytest.mark.parametrize("module", ["websocket_mock", "websocket_mock.scripts.launch"])
def test_modules_are_the_same_program(project: Project, module: str) -> None:
    shown = run(project.bin / "python", "-m", module, "--version", cwd=project.directory)
    assert shown == run(project.bin / "websocket-mock-server", "--version", cwd=project.directory)


def test_mcp_over_stdio(project: Project, tmp_path: Path) -> None:
    transport = stdio_transport(
        str(project.bin / "websocket-mock-server"),
        *("--transport=stdio", "--websocket-port=0"),
        log_file=tmp_path / "server.log",
        env=project.env,
        cwd=project.directory,
    )
    with mcp_session(transport) as session:
        assert session.call("get_websocket_server_status")["websocket_server"]["is_running"]
