"""The files of the live page, as they are served, and the bundles among them."""

import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tests.helpers.program import ROOT
from websocket_mock.mcp_bridge.web.page import page_routes

PAGE = ROOT / "mcp_bridge" / "page"
VENDOR = PAGE / "vendor"
BUILD = ROOT / "scripts" / "dev" / "page"

INSTALL_SECONDS = 60.0


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(Starlette(routes=page_routes()))


def test_every_file_that_the_page_names_is_served(client: TestClient) -> None:
    index = client.get("/").text
    named = set(re.findall(r'(?:href|src)="(/page/[^"]+)"', index))
    assert "/page/js/main.js" in named
    for source in PAGE.glob("js/**/*.js"):
        folder = f"/page/{source.parent.relative_to(PAGE).as_posix()}/"
        for path in re.findall(r'(?:from |import\()"(\.[^"]+)"', source.read_text()):
            named.add(str(client.base_url.join(folder).join(path).path))

    for path in named:
        assert client.get(path).status_code == 200, path


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/page/js/main.js", "text/javascript; charset=utf-8"),
        ("/page/css/base.css", "text/css; charset=utf-8"),
        ("/page/icon.svg", "image/svg+xml"),
        ("/page/vendor/manifest.json", "application/json"),
        ("/page/vendor/LICENCES.txt", "text/plain; charset=utf-8"),
    ],
)
def test_files_have_their_type(client: TestClient, path: str, media_type: str) -> None:
    answer = client.get(path)

    assert answer.headers["content-type"] == media_type
    assert answer.headers["cache-control"] == "no-cache"


def test_file_that_has_not_changed_is_not_sent_again(client: TestClient) -> None:
    tag = client.get("/page/js/main.js").headers["etag"]
    assert client.get("/page/js/app.js").headers["etag"] != tag

    again = client.get("/page/js/main.js", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == tag
    other = client.get("/page/js/main.js", headers={"If-None-Match": '"other"'})
    assert other.status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/page/",
        "/page/js",
        "/page/no.js",
        "/page/README.md",
        "/page/../web/page.py",
        "/page/%2e%2e/web/page.py",
        "/page/..%2fweb%2fpage.py",
        "/page//etc/passwd",
        "/page/js/..%5c..%5cindex.html",
        "/page/js/../index.html%00.js",
    ],
)
def test_nothing_else_is_served(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_sources_have_no_inline_scripts_and_no_markup_from_texts() -> None:
    index = (PAGE / "index.html").read_text()
    assert not re.search(r"<style|\son\w+=|\sstyle=|<script(?![^>]*\ssrc=)", index)
    for source in PAGE.glob("js/**/*.js"):
        found = re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|eval\(|Function\(", source.read_text()
        )
        assert found is None, f"{source}: {found}"


def test_manifest_describes_the_bundles() -> None:
    manifest = json.loads((VENDOR / "manifest.json").read_text())
    licences = (VENDOR / "LICENCES.txt").read_text()

    present = {path.name for path in VENDOR.iterdir()} - {"manifest.json", "LICENCES.txt"}
    assert set(manifest["files"]) == present
    for name, facts in manifest["files"].items():
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == facts["sha256"], name
        assert set(facts["packages"]) <= set(manifest["packages"])
    for name, facts in manifest["packages"].items():
        assert f"{name} {facts['version']} ({facts['licence']})\n" in licences
    installed = json.loads((BUILD / "package-lock.json").read_text())["packages"]
    assert {name: facts["version"] for name, facts in manifest["packages"].items()} == {
        name: installed[f"node_modules/{name}"]["version"] for name in manifest["packages"]
    }


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the build with its packages."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    folder = tmp_path_factory.mktemp("build") / "page"
    shutil.copytree(BUILD, folder, ignore=shutil.ignore_patterns("node_modules"))
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        subprocess.run(
            command, cwd=folder, capture_output=True, timeout=INSTALL_SECONDS, check=True
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
        pytest.skip(f"npm cannot install the packages: {error}")
    return folder


@pytest.mark.timeout(2 * INSTALL_SECONDS)
def test_scripts_and_style_sheets_are_formatted(build: Path) -> None:
    prettier = build / "node_modules" / ".bin" / "prettier"
    page = ["mcp_bridge/page/js", "mcp_bridge/page/css", "mcp_bridge/page/login.js"]
    files = [*page, "clients/javascript"]
    done = subprocess.run(
        [prettier, "--list-different", *files],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=INSTALL_SECONDS,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), "run `make page`"


@pytest.mark.timeout(2 * INSTALL_SECONDS)
def test_bundles_are_what_the_build_makes(build: Path, tmp_path: Path) -> None:
    made = tmp_path / "vendor"
    subprocess.run(["node", "build.mjs", made], cwd=build, timeout=INSTALL_SECONDS, check=True)

    assert {path.name for path in made.iterdir()} == {path.name for path in VENDOR.iterdir()}
    differing = [
        path.name
        for path in made.iterdir()
        if path.read_bytes() != (VENDOR / path.name).read_bytes()
    ]
    assert differing == [], "run `make page`"
