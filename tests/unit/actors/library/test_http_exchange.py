"""The steps of an HTTP exchange, with a manual clock."""

from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.fakes import ManualClock
from websocket_mock.actors.library.http_router import HttpRouter
from websocket_mock.actors.library.http_steps import (
    Begin,
    Body,
    Caused,
    EndStream,
    SendEvent,
    Step,
    Wait,
)
from websocket_mock.actors.library.library import MockLibrary
from websocket_mock.actors.library.reading import compile_document
from websocket_mock.actors.library.router import Router
from websocket_mock.actors.values.http_request import HttpRequest
from websocket_mock.actors.values.models import TransportStatus

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class NoSessions:
    """There are no sessions, and no place for one."""

    def open(self, *_: object) -> None:
        return None

    def find(self, *_: object) -> None:
        return None


class Served:
    """An endpoint at `/a` in a library of its own."""

    def __init__(self, *rules: dict[str, Any], **endpoint: Any) -> None:
        self.clock = ManualClock()
        self.wakes = 0
        library = MockLibrary(self.clock)
        document = {"endpoints": [{"path": "/a", "http": list(rules), **endpoint}]}
        library.default.put(compile_document(document).endpoints)
        self.memories = library.default.memories
        self._router = HttpRouter(
            Router(library), lambda: TransportStatus("localhost", 1, is_running=True)
        )

    def ask(
        self, method: str = "GET", body: bytes = b"", query: Mapping[str, str] | None = None
    ) -> Iterator[Step]:
        request = HttpRequest("/a", query=query or {}, method=method, body=body)
        plan = self._router.begin(request, NoSessions(), self._wake)
        assert plan is not None
        return plan.exchange.steps()

    def _wake(self) -> None:
        self.wakes += 1

    def status(self, method: str = "GET") -> int:
        begun = next(one for one in self.ask(method) if isinstance(one, Begin))
        return begun.status

    def change(self, **values: Any) -> None:
        memory = self.memories.of("/a", "")
        with memory.mutex:
            memory.client.assign(values)


RULES = st.lists(st.lists(st.sampled_from(METHODS), min_size=1, max_size=3), max_size=4)


@given(RULES.filter(bool), st.sampled_from(METHODS))
def test_first_rule_for_the_method_answers_and_others_are_405_with_allow(
    accepted: list[list[str]], method: str
) -> None:
    rules = [
        {"match": {"method": {"one_of": methods}}, "respond": {"status": 200 + index}}
        for index, methods in enumerate(accepted)
    ]
    served = Served(*rules)
    names = {method, "GET"} if method == "HEAD" else {method}
    fitting = [index for index, methods in enumerate(accepted) if names & set(methods)]
    begun = next(one for one in served.ask(method) if isinstance(one, Begin))
    if fitting:
        assert begun.status == 200 + fitting[0]
        return
    allowed = {one for methods in accepted for one in methods}
    allowed |= {"HEAD"} if "GET" in allowed else set()
    assert begun.status == 405
    assert set(dict(begun.headers)["Allow"].split(", ")) == allowed


def test_wait_is_woken_by_a_change_and_only_while_it_waits() -> None:
    rule = {"wait_for": "{{ client_vars.ready }}", "timeout": "5s", "respond": {"text": "now"}}
    served = Served(rule)
    steps = served.ask()
    assert next(steps) == Wait(5.0)
    served.change(other=1)
    assert served.wakes == 1
    served.clock.advance(2)
    assert next(steps) == Wait(3.0)
    served.change(ready=True)
    assert [type(one) for one in steps] == [Begin, Body]
    served.change(ready=False)
    assert served.wakes == 2


def test_exchange_that_is_closed_while_it_waits_is_not_woken() -> None:
    served = Served({"wait_for": "{{ client_vars.ready }}", "respond": {}})
    steps = served.ask()
    next(steps)
    steps.close()  # type: ignore[attr-defined] # a generator
    served.change(ready=True)
    assert served.wakes == 0


def test_two_rules_share_the_time_of_one_request() -> None:
    rules = (
        {"wait_for": "{{ client_vars.a }}", "timeout": "1s", "respond": {}},
        {"stall": "2s"},
        {"respond": {"status": 204, "delay": "3s"}},
    )
    served = Served(*rules)
    seen = []
    for step in served.ask():
        seen.append(step)
        if isinstance(step, Wait):
            served.clock.advance(step.seconds)
    assert seen[:3] == [Wait(1.0), Wait(2.0), Wait(3.0)]
    assert isinstance(seen[3], Begin)
    assert seen[3].status == 204


def test_times_are_counted_for_each_client() -> None:
    served = Served({"times": 1, "respond": {}}, {"respond": {"status": 429}})
    assert [served.status() for _ in range(3)] == [200, 429, 429]


def test_events_come_in_their_time_and_rounds_are_never_without_any() -> None:
    events = [{"after": "{{ 0 }}", "json": "{{ repeat.index }}"}, {"data": "b"}]
    served = Served({"respond": {"events": events, "afterwards": "repeat"}})
    steps = served.ask()
    begun = next(steps)
    assert isinstance(begun, Begin)
    assert begun.is_stream
    for number in range(3):
        first, second, pause = next(steps), next(steps), next(steps)
        assert isinstance(first, SendEvent)
        assert isinstance(second, SendEvent)
        assert (first.data, second.wire) == (b"%d" % number, b"data: b\n\n")
        assert isinstance(pause, Wait)
        assert 0 < pause.seconds <= 0.001
        served.clock.advance(pause.seconds)


def test_event_that_cannot_be_rendered_ends_the_stream_with_an_error() -> None:
    events = [{"data": "a"}, {"event": "{{ 'two\nlines' }}", "data": "b"}]
    steps = list(Served({"respond": {"events": events}}).ask())
    assert [type(one) for one in steps] == [Begin, SendEvent, Caused, EndStream]


def test_request_that_no_rule_answers_names_the_nearest_with_its_values_for_the_traffic_only() -> (
    None
):
    rules = (
        {"name": "far", "match": {"method": "POST"}, "respond": {}},
        {"name": "near", "match": {"query": {"a": "1", "b": "2"}}, "respond": {}},
    )
    begun, body = Served(*rules).ask(query={"a": "1", "b": "3"})
    assert isinstance(begun, Begin)
    assert isinstance(body, Body)
    assert begun.why == 'the nearest is near: query.b: expected "2", got "3"'
    text = b"No http rule of /a matches; the nearest is near: query.b does not match.\n"
    assert (begun.status, body.data) == (404, text)


def test_session_that_is_not_there_leaves_the_answer_to_the_next_rules() -> None:
    served = Served(
        {"match": {"method": "GET"}, "session": {"poll": "{{ query.id }}"}},
        {"match": {"method": "POST"}, "session": {"open": {}}},
        {"respond": {"status": 410}},
    )
    (begun, _) = served.ask(query={"id": "a"})
    assert isinstance(begun, Begin)
    assert begun.status == 410
    assert served.status("POST") == 503
