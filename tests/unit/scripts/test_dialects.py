"""The command `dialects`."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.command import run_here
from tests.helpers.made_dialects import made_dialects
from websocket_mock.scripts import launch
from websocket_mock.scripts.mocks_file import load

STOCKS = """\
# Prices.
title: Stock prices
parameters:
  name: {default: stocks, description: the name of the endpoint}
  prices: {default: {acme: 1, "a long name": [1, 2, 3, 4, 5, 6, 7, 8]}, description: the prices}
  token: {description: what clients show, schema: {type: string}}
endpoints: [{name: "${name}", path: "/${token}"}]
"""

DESCRIBED = {
    "name": "stocks",
    "title": "Stock prices",
    "parameters": {
        "name": {"description": "the name of the endpoint", "default": "stocks"},
        "prices": {
            "description": "the prices",
            "default": {"acme": 1, "a long name": [1, 2, 3, 4, 5, 6, 7, 8]},
        },
        "token": {
            "description": "what clients show",
            "required": True,
            "schema": {"type": "string"},
        },
    },
}


@pytest.fixture(autouse=True)
def stocks(tmp_path: Path) -> Iterator[None]:
    files = {"stocks.yaml": STOCKS, "chat.yaml": "{title: A chat, endpoints: []}"}
    with made_dialects(tmp_path, files):
        yield


def test_list_is_json_for_programs() -> None:
    done = run_here(launch.main, "dialects")
    assert (done.code, done.err) == (0, "")
    chat = {"name": "chat", "title": "A chat", "parameters": {}}
    assert json.loads(done.out) == {"dialects": [chat, DESCRIBED]}
    assert run_here(launch.main, "dialects", "--json").out == done.out


def test_list_for_people_has_titles_and_parameters(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert launch.main(["dialects"]) == 0
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert [line for line in lines if line and line[0] != " "] == [
        "chat  A chat",
        "stocks  Stock prices",
    ]
    assert '  prices  {"acme": 1, "a long name": [1, 2, 3, 4,…  the prices' in lines
    assert any("required" in line for line in lines)


def test_dialect_is_printed_as_a_file_to_start_from(tmp_path: Path) -> None:
    done = run_here(launch.main, "dialects", "stocks")
    assert (done.code, done.out) == (0, STOCKS)
    file = tmp_path / "own.yaml"
    file.write_text(done.out.replace("description: what clients show", "default: x"))
    assert [one.source.path for one in load(file).mocks.endpoints] == ["/x"]
    done = run_here(launch.main, "dialects", "stocks", "--json")
    assert json.loads(done.out) == {**DESCRIBED, "text": STOCKS}


def test_unknown_dialect_is_told_with_the_nearest() -> None:
    done = run_here(launch.main, "dialects", "stock")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "websocket-mock-server dialects: there is no dialect 'stock'; did you mean 'stocks'? "
        "(see websocket-mock-server dialects --help)\n"
    )
