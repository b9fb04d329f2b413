"""The dialect of OCPP 1.6J keeps to the protocol, with the PyPI package `ocpp`."""

import asyncio
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from websockets.typing import Subprotocol

from tests.helpers.dialects import dialect
from tests.helpers.examples import Example
from tests.helpers.ocpp_stations import (
    CALL,
    ERROR,
    RESULT,
    Station,
    charge,
    check_answer,
    smallest_payload,
    station,
)

v16: Any = pytest.importorskip("ocpp.v16", reason="needs ocpp")
exceptions: Any = pytest.importorskip("ocpp.exceptions")
routing: Any = pytest.importorskip("ocpp.routing")

pytestmark = pytest.mark.integration

NOW = "2026-01-01T00:00:00Z"
START = {"connectorId": 1, "idTag": "ada", "meterStart": 0, "timestamp": NOW}
STOP = {"meterStop": 5, "timestamp": NOW}
STATUS = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
SECRET = "Basic Q1BfMTpzZWNyZXQ="
ACTIONS = [
    "Authorize",
    "BootNotification",
    "DataTransfer",
    "DiagnosticsStatusNotification",
    "FirmwareStatusNotification",
    "Heartbeat",
    "LogStatusNotification",
    "MeterValues",
    "SecurityEventNotification",
    "SignCertificate",
    "SignedFirmwareStatusNotification",
    "StartTransaction",
    "StatusNotification",
    "StopTransaction",
]


@pytest.fixture(scope="module")
def central() -> Iterator[Example]:
    """What the tests share. Transactions are numbered over all of them."""
    with dialect(
        "ocpp-1.6",
        {
            "extends": "ocpp-1.6",
            "rules": [
                {
                    "match": {"json": {"$[2]": "DataTransfer", "$[3].vendorId": "drop"}},
                    "do": [{"abort": "close"}],
                }
            ],
        },
        interval=10,
        id_tags={"blocked": "Blocked"},
        answers={"DataTransfer": {"status": "UnknownVendorId"}},
        calls=[
            {
                "action": "RemoteStartTransaction",
                "payload": {"connectorId": 1, "idTag": "{{ path.station }}"},
                "after": "10ms",
            },
            {"action": "ClearCache", "after": "20ms"},
        ],
    ) as served:
        yield served


def connected(central: Example, path: str = "/ocpp/CP_1") -> AbstractContextManager[Station]:
    return station(central, "ocpp1.6", path)


class Charger(v16.ChargePoint):  # type: ignore[misc] # may be missing
    """A charge point that starts when it is asked to."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.asked: asyncio.Queue[str] = asyncio.Queue()

    @routing.on("RemoteStartTransaction")  # type: ignore[untyped-decorator]
    def accept(self, id_tag: str, **_: object) -> Any:
        return v16.call_result.RemoteStartTransaction(status="Accepted")

    @routing.after("RemoteStartTransaction")  # type: ignore[untyped-decorator]
    def note(self, id_tag: str, **_: object) -> None:
        self.asked.put_nowait(id_tag)

    async def boot(self) -> Any:
        return await self.call(
            v16.call.BootNotification(charge_point_model="One", charge_point_vendor="Acme")
        )

    async def start_transaction(self, tag: str) -> Any:
        return await self.call(
            v16.call.StartTransaction(connector_id=1, id_tag=tag, meter_start=0, timestamp=NOW)
        )


# --- the package ----------------------------------------------------------------------------------


def test_charge_point_boots_charges_and_stops(central: Example) -> None:
    async def work(charger: Charger) -> None:
        call = v16.call
        boot = await charger.boot()
        assert (boot.status, boot.interval) == ("Accepted", 10)
        started = await charger.start_transaction(await charger.asked.get())
        assert started.id_tag_info == {"status": "Accepted"}
        assert (await charger.call(call.Heartbeat())).current_time >= boot.current_time
        assert (await charger.call(call.Authorize(id_tag="blocked"))).id_tag_info == {
            "status": "Blocked"
        }
        status = call.StatusNotification(connector_id=1, error_code="NoError", status="Charging")
        await charger.call(status, suppress=False)
        value = [{"timestamp": NOW, "sampledValue": [{"value": "5"}]}]
        await charger.call(call.MeterValues(connector_id=1, meter_value=value), suppress=False)
        stopped = await charger.call(
            call.StopTransaction(meter_stop=5, timestamp=NOW, transaction_id=started.transaction_id)
        )
        assert stopped.id_tag_info == {"status": "Accepted"}
        other = await charger.call(call.DataTransfer(vendor_id="Acme"))
        assert other.status == "UnknownVendorId"

    charge(central.url("/ocpp/CP_5"), "ocpp1.6", Charger, work)
    answers = (central.variables("ocpp-1.6").endpoint_vars or {})["answers"]
    assert {
        "station": "CP_5",
        "action": "RemoteStartTransaction",
        "payload": {"status": "Accepted"},
    } in answers
    # The charge point has no handler for the other call.
    assert {"station": "CP_5", "action": "ClearCache", "error": "NotImplemented"} in answers


def test_charge_point_goes_on_after_a_reconnect(central: Example) -> None:
    url = central.url("/ocpp/CP_6")

    async def begin(charger: Charger) -> Any:
        started = await charger.start_transaction("ada")
        lost = asyncio.create_task(charger.call(v16.call.DataTransfer(vendor_id="drop")))
        await charger._connection.wait_closed()
        lost.cancel()
        return started.transaction_id

    async def end(charger: Charger) -> Any:
        stop = v16.call.StopTransaction(meter_stop=5, timestamp=NOW, transaction_id=transaction_id)
        return (await charger.call(stop)).id_tag_info, (await charger.call(stop)).id_tag_info

    transaction_id = charge(url, "ocpp1.6", Charger, begin)
    accepted, invalid = charge(url, "ocpp1.6", Charger, end)
    assert (accepted, invalid) == ({"status": "Accepted"}, {"status": "Invalid"})


def test_error_is_an_exception_of_the_package(central: Example) -> None:
    async def work(charger: Charger) -> None:
        authorize = v16.call.Authorize(id_tag="x" * 21)
        with pytest.raises(exceptions.PropertyConstraintViolationError):
            await charger.call(authorize, suppress=False, skip_schema_validation=True)

    charge(central.url("/ocpp/CP_7"), "ocpp1.6", Charger, work)


# --- raw messages ---------------------------------------------------------------------------------


def test_all_calls_of_a_charge_point_have_valid_answers(central: Example) -> None:
    with connected(central) as charge_point:
        for action in ACTIONS:
            if action != "BootNotification":
                payload = charge_point.call(action, smallest_payload(action, "v16"))
                check_answer(action, payload, "1.6")


def test_transactions_are_numbered_over_all_charge_points(central: Example) -> None:
    with connected(central) as first, connected(central, "/ocpp/CP_2") as second:
        first_id = first.call("StartTransaction", START)["transactionId"]
        assert second.call("StartTransaction", START)["transactionId"] == first_id + 1
        blocked = first.call("StartTransaction", {**START, "idTag": "blocked"})
        assert blocked["idTagInfo"] == {"status": "Blocked"}
        stop = {**STOP, "transactionId": blocked["transactionId"]}
        assert first.call("StopTransaction", stop) == {"idTagInfo": {"status": "Invalid"}}


@pytest.mark.parametrize(
    ("action", "payload", "code"),
    [
        ("GetConfiguration", {}, "NotImplemented"),
        ("BootNotification", {"chargePointVendor": "Acme"}, "FormationViolation"),
        ("Authorize", {}, "FormationViolation"),
        ("StopTransaction", STOP, "FormationViolation"),
        ("MeterValues", {}, "FormationViolation"),
        ("Heartbeat", [], "FormationViolation"),
        ("StartTransaction", {**START, "meterStart": "0"}, "TypeConstraintViolation"),
        ("Authorize", {"idTag": 1}, "TypeConstraintViolation"),
        ("Authorize", {"idTag": "x" * 21}, "PropertyConstraintViolation"),
        ("StartTransaction", {**START, "timestamp": "now"}, "PropertyConstraintViolation"),
        ("StatusNotification", {**STATUS, "errorCode": "Bad"}, "PropertyConstraintViolation"),
        ("StatusNotification", {**STATUS, "status": "Bad"}, "PropertyConstraintViolation"),
    ],
)
def test_call_that_is_wrong_is_an_error(
    central: Example, action: str, payload: Any, code: str
) -> None:
    with connected(central) as charge_point:
        assert charge_point.refusal(action, payload) == code


@pytest.mark.parametrize("message", [5, [], [CALL, "1", "Heartbeat"], [CALL, 1, "Heartbeat", {}]])
def test_what_is_no_call_is_not_answered(central: Example, message: object) -> None:
    with connected(central) as charge_point:
        charge_point.peer.send(message)
        assert "currentTime" in charge_point.call("Heartbeat", {})


def test_answer_is_noted_once_and_only_to_a_call() -> None:
    calls = [{"action": "Reset", "payload": {"type": "Soft"}}]
    with dialect("ocpp-1.6", calls=calls) as central, connected(central) as charge_point:
        charge_point.call("BootNotification", smallest_payload("BootNotification", "v16"))
        kind, number, action, payload = charge_point.peer.receive()
        assert (kind, action, payload) == (CALL, "Reset", {"type": "Soft"})
        for one in ("another id", number, number, None):
            charge_point.peer.send([ERROR, one, "NotSupported", "", {}])
        charge_point.peer.send([RESULT])
        charge_point.call("Heartbeat", {})
        assert central.variables("ocpp-1.6").endpoint_vars == {
            "answers": [{"station": "CP_1", "action": "Reset", "error": "NotSupported"}]
        }


def test_boot_that_is_not_accepted_makes_no_call() -> None:
    with (
        dialect("ocpp-1.6", status="Pending", interval=5, calls=[{"action": "Reset"}]) as central,
        connected(central) as charge_point,
    ):
        answer = charge_point.call("BootNotification", smallest_payload("BootNotification", "v16"))
        assert (answer["status"], answer["interval"]) == ("Pending", 5)
        assert charge_point.call("DataTransfer", {"vendorId": "a"}) == {"status": "Accepted"}


# --- handshakes -----------------------------------------------------------------------------------


def test_other_subprotocol_is_refused(central: Example) -> None:
    offered = [Subprotocol("ocpp2.0.1")]
    assert central.refusal("/ocpp/CP_1", subprotocols=offered).status_code == 400


def test_only_known_and_authorized_charge_points_are_accepted() -> None:
    offered = [Subprotocol("ocpp1.6")]
    with dialect("ocpp-1.6", stations="CP_[12]", authorization=SECRET) as central:
        assert central.refusal("/ocpp/CP_12", subprotocols=offered).status_code == 404
        wrong = {"Authorization": "Basic QQ=="}
        for headers in ({}, wrong):
            refusal = central.refusal(
                "/ocpp/CP_1", subprotocols=offered, additional_headers=headers
            )
            assert refusal.status_code == 401
            assert refusal.headers["WWW-Authenticate"].startswith("Basic ")
        with central.connect(
            "/ocpp/CP_1", subprotocols=offered, additional_headers={"Authorization": SECRET}
        ) as peer:
            assert "currentTime" in Station(peer).call("Heartbeat", {})
