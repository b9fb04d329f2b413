"""The OCPP 1.6J example, with raw messages."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.typing import Subprotocol

from tests.helpers.examples import Example, Peer, example

pytestmark = pytest.mark.integration

CALL, RESULT, ERROR = 2, 3, 4
BOOT = {"chargePointVendor": "Acme", "chargePointModel": "One"}
START = {"connectorId": 1, "idTag": "ada", "meterStart": 0, "timestamp": "2026-01-01T00:00:00Z"}
STOP = {"meterStop": 5, "timestamp": "2026-01-01T01:00:00Z"}


@pytest.fixture
def central() -> Iterator[Example]:
    with example("ocpp16") as served:
        yield served


@contextmanager
def connected(central: Example, name: str = "CP_1", query: str = "") -> Iterator[Peer]:
    offered = [Subprotocol("ocpp1.6")]
    with central.connect(f"/ocpp/{name}{query}", subprotocols=offered) as charge_point:
        assert charge_point.connection.subprotocol == "ocpp1.6"
        yield charge_point


def call(charge_point: Peer, action: str, payload: dict[str, Any]) -> Any:
    """Return the payload of the CALLRESULT."""
    answer = charge_point.ask([CALL, f"id of {action}", action, payload])
    assert answer[:2] == [RESULT, f"id of {action}"]
    return answer[2]


def refusal(charge_point: Peer, action: str, payload: dict[str, Any]) -> Any:
    """Return the code of the CALLERROR."""
    answer = charge_point.ask([CALL, "7", action, payload])
    assert (answer[:2], len(answer)) == ([ERROR, "7"], 5)
    return answer[2]


def noted(central: Example) -> dict[str, Any]:
    """Return the variables of the endpoint."""
    return central.variables("central system").endpoint_vars or {}


def test_other_subprotocol_is_refused(central: Example) -> None:
    offered = [Subprotocol("ocpp2.0.1")]
    assert central.refusal("/ocpp/CP_1", subprotocols=offered).status_code == 400


def test_boot_is_accepted_with_the_interval_of_heartbeats(central: Example) -> None:
    with connected(central, query="?heartbeat=10") as charge_point:
        accepted = call(charge_point, "BootNotification", BOOT)
        assert (accepted["status"], accepted["interval"]) == ("Accepted", 10)
        assert accepted["currentTime"] <= call(charge_point, "Heartbeat", {})["currentTime"]


@pytest.mark.parametrize(("tag", "status"), [("ada", "Accepted"), ("blocked", "Blocked")])
def test_id_tag_is_accepted_or_not(central: Example, tag: str, status: str) -> None:
    with connected(central) as charge_point:
        authorized = call(charge_point, "Authorize", {"idTag": tag})
        assert authorized == {"idTagInfo": {"status": status}}
        started = call(charge_point, "StartTransaction", {**START, "idTag": tag})
        assert started["idTagInfo"] == {"status": status}
        assert ("running" in noted(central)) == (status == "Accepted")


def test_transactions_are_numbered_over_all_charge_points(central: Example) -> None:
    with connected(central, "CP_1") as first, connected(central, "CP_2") as second:
        started = [call(one, "StartTransaction", START) for one in (first, second, first)]
        assert [one["transactionId"] for one in started] == [1, 2, 3]


def test_running_transaction_is_stopped_once_also_on_another_connection(central: Example) -> None:
    with connected(central) as charge_point:
        started = call(charge_point, "StartTransaction", START)["transactionId"]
    with connected(central) as charge_point:
        stop = {**STOP, "transactionId": started}
        stopped = [call(charge_point, "StopTransaction", stop) for _ in range(2)]
    assert [one["idTagInfo"]["status"] for one in stopped] == ["Accepted", "Invalid"]


def test_notifications_are_confirmed(central: Example) -> None:
    status = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
    with connected(central) as charge_point:
        assert call(charge_point, "StatusNotification", status) == {}
        assert call(charge_point, "MeterValues", {"connectorId": 1, "meterValue": []}) == {}


def test_unknown_action_is_not_implemented(central: Example) -> None:
    with connected(central) as charge_point:
        assert refusal(charge_point, "DataTransfer", {"vendorId": "Acme"}) == "NotImplemented"


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("BootNotification", {"chargePointVendor": "Acme"}),
        ("Authorize", {}),
        ("StartTransaction", {"idTag": "ada"}),
        ("StopTransaction", STOP),
        ("StatusNotification", {"connectorId": 1}),
        ("MeterValues", {}),
    ],
)
def test_call_that_lacks_a_property_is_an_error(
    central: Example, action: str, payload: dict[str, Any]
) -> None:
    with connected(central) as charge_point:
        assert refusal(charge_point, action, payload) == "FormationViolation"


@pytest.mark.parametrize("message", [5, [], [CALL, "1", "Heartbeat"], [CALL, 1, "Heartbeat", {}]])
def test_what_is_no_call_is_not_answered(central: Example, message: object) -> None:
    with connected(central) as charge_point:
        charge_point.send(message)
        assert "currentTime" in call(charge_point, "Heartbeat", {})


@pytest.mark.parametrize(
    ("answer", "variable"),
    [
        pytest.param([RESULT, {"status": "Accepted"}], "accepted", id="accepted"),
        pytest.param([RESULT, {"status": "Rejected"}], "refused", id="rejected"),
        pytest.param([ERROR, "NotSupported", "", {}], "refused", id="error"),
    ],
)
def test_answer_to_the_remote_start_is_noted_once(
    central: Example, answer: list[Any], variable: str
) -> None:
    with connected(central, "CP_9", "?remote_start=10ms") as charge_point:
        call(charge_point, "BootNotification", BOOT)
        kind, number, action, payload = charge_point.receive()
        assert (kind, action) == (CALL, "RemoteStartTransaction")
        assert payload == {"connectorId": 1, "idTag": "remote"}
        kind, *rest = answer
        for one in ("another id", number, number, None):
            charge_point.send([kind, one, *rest])
        call(charge_point, "Heartbeat", {})
        assert noted(central) == {variable: ["CP_9"]}


def test_answer_to_nothing_is_not_noted(central: Example) -> None:
    answers: list[list[Any]] = [[RESULT], [RESULT, None, {}], [ERROR, "7", "NotSupported", "", {}]]
    with connected(central) as charge_point:
        for answer in answers:
            charge_point.send(answer)
        call(charge_point, "Heartbeat", {})
        assert noted(central) == {}
