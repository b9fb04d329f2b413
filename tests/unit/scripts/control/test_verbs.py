"""The table of verbs agrees with the tools."""

import shlex
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from websocket_mock.actors.journal.schema import EntryKind, EntryMatch, Expectation
from websocket_mock.mcp_bridge.service.resetting import What
from websocket_mock.mcp_bridge.service.traffic import Detail
from websocket_mock.mcp_bridge.tools.catalogue import TOOLS
from websocket_mock.scripts.commands import MODULES
from websocket_mock.scripts.control import verbs
from websocket_mock.scripts.control.command import find, parser
from websocket_mock.scripts.control.outcomes import _JUDGES
from websocket_mock.scripts.control.verb import Verb, arguments_of, flags_of
from websocket_mock.scripts.control.verbs import GROUPS, VERBS, summaries

NESTED: dict[str, type[BaseModel]] = {"match": EntryMatch, "expect": Expectation}

WITH_TOOL = [verb for verb in VERBS if verb.tool]


def by_name(verb: Verb) -> str:
    return verb.name


@pytest.mark.parametrize("verb", WITH_TOOL, ids=by_name)
def test_flags_set_arguments_that_the_tool_has(verb: Verb) -> None:
    fields = TOOLS[verb.tool].arguments.model_fields
    for flag in flags_of(verb):
        name, _, inner = flag.to.partition(".")
        assert not flag.to or name in fields, flag
        assert not inner or inner in NESTED[name].model_fields, flag


@pytest.mark.parametrize("verb", WITH_TOOL, ids=by_name)
def test_tables_show_what_the_result_has(verb: Verb) -> None:
    if verb.table is None:
        return
    fields = TOOLS[verb.tool].result.model_fields
    assert verb.table.rows in fields
    assert set(verb.keeps) <= set(fields)
    items = get_args(fields[verb.table.rows].annotation)[0]
    if isinstance(items, type) and issubclass(items, BaseModel):
        shown = {*verb.table.cells.values(), *filter(None, [verb.table.whole])}
        assert shown <= set(items.model_fields)


@pytest.mark.parametrize("verb", VERBS, ids=by_name)
def test_examples_can_be_read(verb: Verb) -> None:
    found, rest = find(shlex.split(verb.example))
    assert found is verb
    if "prices.yaml" not in rest:
        options = vars(parser(verb).parse_intermixed_args(rest))
        assert isinstance(arguments_of(verb, options), dict)


def test_every_tool_whose_result_may_not_hold_is_judged() -> None:
    assert set(_JUDGES) <= set(TOOLS)


def test_names_are_those_of_one_command_each() -> None:
    assert len({verb.name for verb in VERBS}) == len(VERBS)
    assert not set(summaries()) & set(MODULES)
    assert set(GROUPS) <= set(summaries())


def test_choices_are_those_of_the_schema() -> None:
    assert set(verbs.KINDS) == set(get_args(EntryKind))
    assert get_args(Detail) == verbs.DETAILS
    assert get_args(What) == verbs.PARTS


@pytest.mark.parametrize(
    ("words", "arguments"),
    [
        (["traffic"], {}),
        (["traffic", "--limit", "5", "--kind", "close"], {"limit": 5, "match": {"kind": "close"}}),
        (
            ["verify", "--client", "c", "--match", '{"code": 1000}', "--never"],
            {"expect": {"code": 1000, "client": "c", "never": True}},
        ),
        (["fault", "clear", "a", "b"], {"clear": ["a", "b"]}),
        (["fault", "clear", "--all"], {"clear": "all"}),
        (["fault"], {}),
        (["mocks", "--namespace", "a"], {"namespace": "a"}),
        (["push", "17", "--client", "c"], {"text": "17", "target_client": "c"}),
        (["push", "--client", "c", "--", "-1"], {"text": "-1", "target_client": "c"}),
    ],
)
def test_options_become_arguments(words: list[str], arguments: dict[str, Any]) -> None:
    verb, rest = find(words)
    assert arguments_of(verb, vars(parser(verb).parse_intermixed_args(rest))) == arguments
