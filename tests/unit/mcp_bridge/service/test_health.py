"""Whether everything that must answer does, and which part does not."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from tests.helpers.bridge import UNBINDABLE_HOST, bridge_over
from tests.helpers.mcp_session import mcp_session
from tests.helpers.server import InProcessServer, serving_here
from tests.helpers.stuck import stuck_reader, stuck_registry, stuck_stats_collector
from tests.helpers.wait import PATIENCE
from websocket_mock.actors.kernel.refs import Query, Ref, ask
from websocket_mock.actors.messages import Ping
from websocket_mock.mcp_bridge.service import gateway as gateway_module
from websocket_mock.mcp_bridge.service.health import Check, Health
from websocket_mock.mcp_bridge.service.status import HealthModel

GOOD = Check("good", is_healthy=True, seconds=0.0012345, reason=None)
BAD = Check("bad", is_healthy=False, seconds=None, reason="has stopped")

Stuck = Callable[[InProcessServer], AbstractContextManager[None]]

every_stuck_part = pytest.mark.parametrize(
    ("stuck", "name"),
    [
        pytest.param(stuck_reader, "reader-0", id="reader"),
        pytest.param(stuck_stats_collector, "stats-collector", id="stats"),
        pytest.param(stuck_registry, "client-registry", id="registry"),
    ],
)


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up on a part that hangs after a moment instead of seconds."""
    monkeypatch.setattr(gateway_module, "HEALTH_TIMEOUT", 0.05)
    monkeypatch.setattr(gateway_module, "TIMEOUT", 0.05)


def unhealthy(health: Health) -> dict[str, str | None]:
    return {check.name: check.reason for check in health.checks if not check.is_healthy}


class TestHealth:
    def test_healthy_when_all_parts_are(self) -> None:
        assert Health((GOOD, GOOD)).is_healthy

    def test_unhealthy_when_one_part_is(self) -> None:
        assert not Health((GOOD, BAD)).is_healthy

    def test_public_form_is_in_milliseconds(self) -> None:
        assert HealthModel.of(Health((GOOD, BAD))).model_dump() == {
            "healthy": False,
            "checks": [
                {"name": "good", "healthy": True, "answer_ms": 1.234, "reason": None},
                {"name": "bad", "healthy": False, "answer_ms": None, "reason": "has stopped"},
            ],
        }


class TestServer:
    def test_every_part_of_a_running_server_answers(self) -> None:
        with serving_here(io_threads=2) as server:
            health = server.gateway.health()

        assert health.is_healthy
        answers = {check.name: check.seconds for check in health.checks}
        assert answers.pop("listener") is None
        assert set(answers) == {
            "reader-0",
            "reader-1",
            "journal",
            "stats-collector",
            "client-registry",
            "broadcaster",
        }
        assert all(seconds is not None and 0 <= seconds < PATIENCE for seconds in answers.values())

    def test_part_that_has_stopped_is_named(self) -> None:
        with serving_here() as server:
            server.runtime._system.broadcaster_ref.stop()

            assert unhealthy(server.gateway.health()) == {"broadcaster": "has stopped"}

    @every_stuck_part
    @pytest.mark.usefixtures("short_waits")
    def test_part_that_hangs_is_named(self, stuck: Stuck, name: str) -> None:
        with serving_here() as server, stuck(server):
            assert unhealthy(server.gateway.health()) == {name: "no answer within 0.05 s"}

    @pytest.mark.usefixtures("short_waits")
    def test_part_that_answers_again_is_healthy_again(self) -> None:
        with serving_here() as server:
            with stuck_stats_collector(server):
                pass
            # Its answer comes after the mail from while it hung.
            ask(server.runtime._system.stats_ref, Ping(), timeout=PATIENCE)

            assert server.gateway.health().is_healthy

    def test_listener_that_could_not_listen_says_why(self) -> None:
        with serving_here(host=UNBINDABLE_HOST) as server:
            problems = unhealthy(server.gateway.health())

        assert list(problems) == ["listener"]
        assert UNBINDABLE_HOST in (problems["listener"] or "")

    def test_nothing_of_a_stopped_server_is_healthy(self) -> None:
        with serving_here() as server:
            pass

        assert unhealthy(server.gateway.health()) == {
            "listener": "the WebSocket server has been stopped",
            "journal": "has stopped",
            "stats-collector": "has stopped",
            "client-registry": "has stopped",
            "broadcaster": "has stopped",
        }


class TestOverview:
    """An answer to a question is the check of its actor, unless it came late."""

    @pytest.fixture
    def pinged(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """The actors that get a ping in the test."""
        names = list[str]()

        def noting(ref: Ref, query: Query[Any], *, timeout: float) -> object:
            del timeout
            if isinstance(query, Ping):
                names.append(ref.actor_class.name)
            return ask(ref, query, timeout=PATIENCE)

        monkeypatch.setattr(gateway_module, "ask", noting)
        return names

    def test_checks_what_the_health_check_does(self) -> None:
        with serving_here(io_threads=2) as server:
            seen, health = server.gateway.overview(None).health, server.gateway.health()

        assert seen.is_healthy
        assert [check.name for check in seen.checks] == [check.name for check in health.checks]

    def test_actor_that_answers_a_question_gets_no_ping(self, pinged: list[str]) -> None:
        with serving_here() as server:
            server.gateway.overview(None)

        assert pinged == ["broadcaster"]

    def test_actor_that_answered_late_is_checked_again(
        self, pinged: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(gateway_module, "HEALTH_TIMEOUT", 0.0)
        with serving_here() as server:
            server.gateway.overview(None)

        assert sorted(pinged) == ["broadcaster", "client-registry", "journal", "stats-collector"]


@every_stuck_part
@pytest.mark.usefixtures("short_waits")
def test_status_tool_names_the_part_that_hangs(stuck: Stuck, name: str) -> None:
    """The other tools send the model there to see it, so it must not fail like them."""
    with serving_here() as server, mcp_session(bridge_over(server.gateway)) as session:
        with stuck(server):
            result = session.try_call("get_websocket_server_status")

        assert any(name in getattr(part, "text", "") for part in result.content)
        assert "no answer" in str(result.content)
