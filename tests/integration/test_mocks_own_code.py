"""Own code in a running server: it is loaded again when it changes, and it breaks nothing."""

from pathlib import Path

import pytest

from tests.helpers.json_client import websocket
from tests.helpers.server import serving_here
from tests.helpers.wait import PATIENCE, eventually

pytestmark = pytest.mark.integration

MOCKS = """
use: code.py
endpoints:
  - path: /code
    unmatched: echo
    rules:
      - match: {text: call}
        do: [{call: answer}, {send: {text: after}}]
"""

CODE = """
from websocket_mock.own_code import send_text

def answer(event, connection):
    return [send_text(f"{event.text} WORD")]
"""


def test_code_is_loaded_again_when_it_changes_and_an_exception_is_contained(
    tmp_path: Path, log_lines: list[str]
) -> None:
    code = tmp_path / "code.py"
    (tmp_path / "mocks.yaml").write_text(MOCKS, encoding="utf-8")
    code.write_text(CODE, encoding="utf-8")
    with (
        serving_here(tmp_path / "mocks.yaml", allow_code=True) as server,
        websocket(server.url("/code")) as client,
    ):

        def ask() -> list[str | bytes]:
            client.send("call")
            client.send("end")
            heard = [client.recv(PATIENCE)]
            while heard[-1] != "end":
                heard.append(client.recv(PATIENCE))
            return heard

        assert ask() == ["call WORD", "after", "end"]
        code.write_text(CODE.replace("WORD", "other word"), encoding="utf-8")
        eventually(lambda: ask() == ["call other word", "after", "end"])
        code.write_text("def answer(event, connection): 1 / 0", encoding="utf-8")
        eventually(lambda: ask() == ["after", "end"])
        code.write_text("def (", encoding="utf-8")
        eventually(lambda: any("code.py, line 1: not valid Python" in one for one in log_lines))
        assert ask() == ["after", "end"]
