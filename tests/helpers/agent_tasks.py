"""The tasks of agents: the calls of a recipe, a client under test, and what both cost and gave."""

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from tests.helpers import tested_clients
from tests.helpers.mcp_session import McpSession, text_of
from tests.helpers.recipes import Call, recipes
from tests.helpers.wait import PATIENCE

MAX_CALLS = 6
MAX_RESULTS = 8_000
"""Characters of all results of a task that the model reads."""


Client = Callable[[str], list[Any]]
"""Connects to a URL, ends with the test, and returns what it has seen."""


@dataclass(frozen=True, slots=True)
class Task:
    """A recipe of the skill, and a client that does what the recipe tests."""

    client: Client
    seen: list[Any]


TASKS: Mapping[str, Task] = {
    "Flaky handshake and back-off": Task(tested_clients.back_off, [{"price": 42}]),
    "GraphQL reconnect": Task(tested_clients.subscribe_again, [{"price": 42}] * 2),
    "Slow consumer": Task(tested_clients.read_slowly, [1013, 1001]),
    "Heartbeat loss": Task(tested_clients.keep_alive, [1011, 1001]),
    "Resume after a drop": Task(tested_clients.resume, [1, 2, 3, 4, 5]),
}
"""By the headings of the skill."""


@dataclass(frozen=True, slots=True)
class Step:
    """A call that was made."""

    tool: str
    answer: str
    """What the model looks at first."""
    arguments: int
    """The characters of the arguments as JSON, which the model writes."""
    result: int
    """The characters of the result as text, which the model reads."""


def calls_of(name: str) -> list[Call]:
    """The calls of a task: those of its recipe, and the one that ends every test."""
    calls = recipes()[name]
    namespace = calls[0].arguments["namespace"]
    end = Call("reset_websocket_server", {"what": ["namespace"], "namespace": namespace})
    return [*calls, end]


def perform(
    session: McpSession, name: str, under_test: Client | None = None
) -> tuple[list[Step], list[Any]]:
    """Make the calls of a task; return them, and what the client under test has seen."""
    arm, *rest = calls_of(name)
    step, armed = make(session, arm)
    with ThreadPoolExecutor(1, thread_name_prefix="client-under-test") as pool:
        client = pool.submit(under_test or TASKS[name].client, armed["url"])
        steps = [step, *(make(session, call)[0] for call in rest)]
        return steps, client.result(PATIENCE)


def make(session: McpSession, call: Call) -> tuple[Step, dict[str, Any]]:
    result = session.try_call(call.tool, **call.arguments)
    text = text_of(result)
    assert not result.is_error, text
    answer: dict[str, Any] = json.loads(text)
    arguments = json.dumps(call.arguments, ensure_ascii=False)
    return Step(call.tool, gist_of(answer), len(arguments), len(text)), answer


def gist_of(answer: Mapping[str, Any]) -> str:
    if "passed" in answer:
        return "passed" if answer["passed"] else "failed"
    return str(answer.get("status", "reset"))


def table_of(steps: Sequence[Step]) -> str:
    """The calls of a task as a table of a page."""
    rows = [(f"`{one.tool}`", one.answer, one.arguments, one.result) for one in steps]
    rows.append(
        (
            f"{len(steps)} calls",
            "",
            sum(one.arguments for one in steps),
            sum(one.result for one in steps),
        )
    )
    lines = ["| call | answer | arguments | result |", "|---|---|---|---|"]
    lines += [f"| {tool} | {answer} | {sent} | {read} |" for tool, answer, sent, read in rows]
    return "\n".join(line.replace("|  |", "| |") for line in lines)
