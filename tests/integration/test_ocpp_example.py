"""The OCPP 1.6J example does what it says beside the dialect, which `tests/dialects` tests."""

from collections.abc import Iterator

import pytest

from tests.helpers.examples import Example, example
from tests.helpers.ocpp_stations import CALL, RESULT, station

pytestmark = pytest.mark.integration

BOOT = {"chargePointVendor": "Acme", "chargePointModel": "One"}


@pytest.fixture
def central() -> Iterator[Example]:
    with example("ocpp16") as served:
        yield served


def test_times_are_in_the_url_and_the_answer_is_noted(central: Example) -> None:
    path = "/ocpp/CP_9?heartbeat=10&remote_start=10ms"
    with station(central, "ocpp1.6", path) as charge_point:
        assert charge_point.call("BootNotification", BOOT)["interval"] == 10
        kind, number, action, payload = charge_point.peer.receive()
        assert (kind, action) == (CALL, "RemoteStartTransaction")
        assert payload == {"connectorId": 1, "idTag": "remote"}
        charge_point.peer.send([RESULT, number, {"status": "Accepted"}])
        charge_point.call("Heartbeat", {})
        answer = {"station": "CP_9", "action": action, "payload": {"status": "Accepted"}}
        assert central.variables("central system").endpoint_vars == {"answers": [answer]}


def test_blocked_tag_and_unknown_vendor_are_not_accepted(central: Example) -> None:
    with station(central, "ocpp1.6") as charge_point:
        authorized = charge_point.call("Authorize", {"idTag": "blocked"})
        assert authorized == {"idTagInfo": {"status": "Blocked"}}
        boot = charge_point.call("BootNotification", {**BOOT, "chargePointVendor": "Unknown"})
        assert (boot["status"], boot["interval"]) == ("Rejected", 3600)
        assert charge_point.call("BootNotification", BOOT)["interval"] == 300
