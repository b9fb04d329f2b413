"""Runs pytest on small projects, with our plugin and without all others."""

import pytest

import websocket_mock.testing.local  # noqa: F401 - else each run in this process loads it anew
from tests.helpers.program import ROOT


@pytest.fixture(autouse=True)
def _only_our_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_PLUGINS", "websocket_mock.pytest_plugin")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    # In CI pytest repeats whole failures in its summary.
    for name in ("PYTEST_ADDOPTS", "CI", "BUILD_NUMBER"):
        monkeypatch.delenv(name, raising=False)
