"""What agents do with the recipes of the skill: few calls, short results, and what they cost."""

from collections.abc import Iterator
from functools import partial

import pytest

from tests.helpers.agent_tasks import (
    MAX_CALLS,
    MAX_RESULTS,
    TASKS,
    Client,
    Step,
    calls_of,
    perform,
    table_of,
)
from tests.helpers.agent_tasks_page import PAGE, differences, rewrite, tables_on
from tests.helpers.mcp_session import McpSession, mcp_session
from tests.helpers.program import RunningServer
from tests.helpers.recipes import recipes
from tests.helpers.tested_clients import hurry, resume

pytestmark = pytest.mark.e2e

TEXT = PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def agent(running_server: RunningServer) -> Iterator[McpSession]:
    with mcp_session(running_server.mcp_url) as session:
        yield session


@pytest.mark.parametrize("name", TASKS)
def test_task_is_done_in_few_calls_with_short_results(agent: McpSession, name: str) -> None:
    steps, seen = perform(agent, name)

    assert seen == TASKS[name].seen
    assert len(steps) <= MAX_CALLS
    assert sum(step.result for step in steps) <= MAX_RESULTS
    assert [step for step in steps if step.answer in ("failed", "timed_out", "error")] == []
    assert differences(table_of(steps), tables_on(TEXT)[name]) == [], "run `make docs`"


@pytest.mark.parametrize(
    ("name", "client", "answers"),
    [
        ("Flaky handshake and back-off", hurry, ["set", "happened", "failed", "passed", "reset"]),
        (
            "Resume after a drop",
            partial(resume, forgets=True),
            ["set", "happened", "failed", "reset"],
        ),
    ],
)
def test_recipe_finds_what_a_client_does_wrong(
    agent: McpSession, name: str, client: Client, answers: list[str]
) -> None:
    steps, _ = perform(agent, name, client)
    assert [step.answer for step in steps] == answers


def test_every_recipe_of_the_skill_is_a_task_on_the_page() -> None:
    assert list(TASKS) == list(recipes()) == list(tables_on(TEXT))


def test_tables_are_put_in_the_place_of_those_on_the_page() -> None:
    tables = {name: f"| {name} |" for name in TASKS}
    written = rewrite(TEXT, tables)
    assert tables_on(written) == tables
    assert rewrite(written, tables_on(TEXT)) == TEXT


def test_size_or_call_that_is_not_the_documented_one_is_noticed() -> None:
    table = table_of([Step("close_websocket_client", "closed", 100, 200)])
    assert differences(table, table.replace("100", "110")) == []
    assert differences(table, table.replace("100", "150"))
    assert differences(table, table.replace("closed", "error"))
    assert differences(table, table + "\n| one more |")


def test_each_call_of_a_task_is_for_a_namespace_of_its_own() -> None:
    spaces = [{call.arguments["namespace"] for call in calls_of(name)} for name in TASKS]
    assert [len(one) for one in spaces] == [1] * len(TASKS)
    assert len(set.union(*spaces)) == len(TASKS)
