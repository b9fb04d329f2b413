"""The list of what a wheel needs: where it cannot be made."""

from pathlib import Path
from zipfile import ZipFile

import pytest

from websocket_mock.scripts.dev import sbom

MANIFEST = '{"packages": {"@a/b": {"version": "1.2", "licence": "MIT"}}}'


def make_wheel(folder: Path, needs: str, name: str = "mine-1.0-py3-none-any.whl") -> None:
    metadata = f"Metadata-Version: 2.4\nName: Mine\nVersion: 1.0\nRequires-Dist: {needs}\n"
    with ZipFile(folder / name, "w") as wheel:
        wheel.writestr("mine-1.0.dist-info/METADATA", metadata)
        wheel.writestr("websocket_mock/mcp_bridge/page/vendor/manifest.json", MANIFEST)


def test_requirements_of_other_systems_and_of_extras_do_not_count(tmp_path: Path) -> None:
    make_wheel(tmp_path, 'nowhere; sys_platform == "none" or extra == "dev"')
    (component,) = sbom.bom_of(next(tmp_path.glob("*.whl"))).components
    assert str(component.purl) == "pkg:npm/%40a/b@1.2"


def test_requirement_that_is_not_installed_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_wheel(tmp_path, "no-such-package >=1")
    assert sbom.main([str(tmp_path)]) == 1
    assert "no-such-package is not installed here" in capsys.readouterr().err
    assert [one.suffix for one in tmp_path.iterdir()] == [".whl"]


def test_folder_must_have_one_wheel(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sbom.main([str(tmp_path)]) == 2
    make_wheel(tmp_path, "pykka")
    make_wheel(tmp_path, "pykka", "other-1.0-py3-none-any.whl")
    assert sbom.main([str(tmp_path)]) == 2
    assert "has 2 wheels; there must be one" in capsys.readouterr().err
