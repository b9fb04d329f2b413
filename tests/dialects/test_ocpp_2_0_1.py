"""The dialect of OCPP 2.0.1 keeps to the protocol, with the PyPI package `ocpp`."""

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
    Station,
    charge,
    check_answer,
    smallest_payload,
    station,
)

v201: Any = pytest.importorskip("ocpp.v201", reason="needs ocpp")
exceptions: Any = pytest.importorskip("ocpp.exceptions")
routing: Any = pytest.importorskip("ocpp.routing")

pytestmark = pytest.mark.integration

NOW = "2026-01-01T00:00:00Z"
STATUS = {"timestamp": NOW, "connectorStatus": "Available", "evseId": 1, "connectorId": 1}
ACTIONS = [
    "Authorize",
    "BootNotification",
    "ClearedChargingLimit",
    "DataTransfer",
    "FirmwareStatusNotification",
    "Get15118EVCertificate",
    "GetCertificateStatus",
    "Heartbeat",
    "LogStatusNotification",
    "MeterValues",
    "NotifyChargingLimit",
    "NotifyCustomerInformation",
    "NotifyDisplayMessages",
    "NotifyEVChargingNeeds",
    "NotifyEVChargingSchedule",
    "NotifyEvent",
    "NotifyMonitoringReport",
    "NotifyReport",
    "PublishFirmwareStatusNotification",
    "ReportChargingProfiles",
    "ReservationStatusUpdate",
    "SecurityEventNotification",
    "SignCertificate",
    "StatusNotification",
    "TransactionEvent",
]


@pytest.fixture(scope="module")
def csms() -> Iterator[Example]:
    """What the tests share."""
    with dialect(
        "ocpp-2.0.1",
        {
            "extends": "ocpp-2.0.1",
            "rules": [
                {
                    "match": {"json": {"$[2]": "DataTransfer", "$[3].vendorId": "drop"}},
                    "do": [{"abort": "close"}],
                }
            ],
        },
        interval=10,
        id_tokens={"ada": "Accepted"},
        other_id_tokens="Invalid",
        calls=[
            {
                "action": "RequestStartTransaction",
                "payload": {
                    "remoteStartId": 7,
                    "idToken": {"idToken": "ada", "type": "Central"},
                },
                "after": "10ms",
            }
        ],
    ) as served:
        yield served


def connected(csms: Example, path: str = "/ocpp/CS_1") -> AbstractContextManager[Station]:
    return station(csms, "ocpp2.0.1", path)


def running(csms: Example) -> Any:
    return (csms.variables("ocpp-2.0.1").endpoint_vars or {}).get("running", [])


class Charger(v201.ChargePoint):  # type: ignore[misc] # may be missing
    """A charging station that starts when it is asked to."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.asked: asyncio.Queue[int] = asyncio.Queue()

    @routing.on("RequestStartTransaction")  # type: ignore[untyped-decorator]
    def accept(self, **_: object) -> Any:
        return v201.call_result.RequestStartTransaction(status="Accepted")

    @routing.after("RequestStartTransaction")  # type: ignore[untyped-decorator]
    def note(self, remote_start_id: int, **_: object) -> None:
        self.asked.put_nowait(remote_start_id)

    async def boot(self) -> Any:
        station = {"model": "One", "vendor_name": "Acme"}
        return await self.call(
            v201.call.BootNotification(charging_station=station, reason="PowerUp")
        )

    async def event(self, kind: str, transaction_id: str, token: str | None = None) -> Any:
        return await self.call(
            v201.call.TransactionEvent(
                event_type=kind,
                timestamp=NOW,
                trigger_reason="RemoteStart",
                seq_no=0,
                transaction_info={"transaction_id": transaction_id},
                id_token=None if token is None else {"id_token": token, "type": "Central"},
            )
        )


# --- the package ----------------------------------------------------------------------------------


def test_station_boots_charges_and_stops(csms: Example) -> None:
    async def work(charger: Charger) -> None:
        call = v201.call
        boot = await charger.boot()
        assert (boot.status, boot.interval) == ("Accepted", 10)
        assert await charger.asked.get() == 7
        started = await charger.event("Started", "T1", "ada")
        assert started.id_token_info == {"status": "Accepted"}
        assert running(csms) == ["T1"]
        assert (await charger.event("Updated", "T1")).id_token_info is None
        assert (await charger.event("Ended", "T1", "eve")).id_token_info == {"status": "Invalid"}
        assert running(csms) == []
        report = call.NotifyReport(request_id=1, generated_at=NOW, seq_no=0)
        await charger.call(report, suppress=False)
        event = call.SecurityEventNotification(type="SettingSystemTime", timestamp=NOW)
        await charger.call(event, suppress=False)
        assert (await charger.call(call.Heartbeat())).current_time >= boot.current_time

    charge(csms.url("/ocpp/CS_5"), "ocpp2.0.1", Charger, work)
    assert (csms.variables("ocpp-2.0.1").endpoint_vars or {})["answers"] == [
        {
            "station": "CS_5",
            "action": "RequestStartTransaction",
            "payload": {"status": "Accepted"},
        }
    ]


def test_station_goes_on_after_a_reconnect(csms: Example) -> None:
    url = csms.url("/ocpp/CS_6")

    async def begin(charger: Charger) -> None:
        await charger.event("Started", "T2")
        lost = asyncio.create_task(charger.call(v201.call.DataTransfer(vendor_id="drop")))
        await charger._connection.wait_closed()
        lost.cancel()

    async def end(charger: Charger) -> None:
        assert running(csms) == ["T2"]
        await charger.event("Ended", "T2")
        assert running(csms) == []

    charge(url, "ocpp2.0.1", Charger, begin)
    charge(url, "ocpp2.0.1", Charger, end)


def test_error_is_an_exception_of_the_package(csms: Example) -> None:
    async def work(charger: Charger) -> None:
        status = v201.call.StatusNotification(
            timestamp=NOW, connector_status="Broken", evse_id=1, connector_id=1
        )
        with pytest.raises(exceptions.PropertyConstraintViolationError):
            await charger.call(status, suppress=False, skip_schema_validation=True)

    charge(csms.url("/ocpp/CS_7"), "ocpp2.0.1", Charger, work)


# --- raw messages ---------------------------------------------------------------------------------


def test_all_calls_of_a_station_have_valid_answers(csms: Example) -> None:
    with connected(csms) as one:
        for action in ACTIONS:
            if action != "BootNotification":
                payload = one.call(action, smallest_payload(action, "v201"))
                check_answer(action, payload, "2.0.1")


@pytest.mark.parametrize(
    ("action", "payload", "code"),
    [
        ("GetVariables", {}, "NotImplemented"),
        ("Heartbeat", [], "FormatViolation"),
        ("BootNotification", {"reason": "PowerUp"}, "OccurrenceConstraintViolation"),
        ("TransactionEvent", {}, "OccurrenceConstraintViolation"),
        ("StatusNotification", {**STATUS, "evseId": "1"}, "TypeConstraintViolation"),
        ("Authorize", {"idToken": "ada"}, "TypeConstraintViolation"),
        ("StatusNotification", {**STATUS, "connectorStatus": "x"}, "PropertyConstraintViolation"),
        ("StatusNotification", {**STATUS, "timestamp": "now"}, "PropertyConstraintViolation"),
    ],
)
def test_call_that_is_wrong_is_an_error(
    csms: Example, action: str, payload: Any, code: str
) -> None:
    with connected(csms) as one:
        assert one.refusal(action, payload) == code


@pytest.mark.parametrize(
    ("message", "answered"),
    [
        (5, ["-1", "RpcFrameworkError"]),
        ([CALL, 1, "Heartbeat", {}], ["-1", "RpcFrameworkError"]),
        ([CALL, "1", "Heartbeat"], ["-1", "RpcFrameworkError"]),
        ([9, "1", "Heartbeat", {}], ["1", "MessageTypeNotSupported"]),
    ],
)
def test_what_is_no_call_is_an_error(csms: Example, message: object, answered: list[str]) -> None:
    with connected(csms) as one:
        kind, *rest = one.peer.ask(message)
        assert (kind, rest[:2]) == (ERROR, answered)


def test_station_that_is_not_accepted_can_only_boot() -> None:
    boot = smallest_payload("BootNotification", "v201")
    with (
        dialect("ocpp-2.0.1", status="Pending", calls=[{"action": "Reset"}]) as csms,
        connected(csms) as one,
    ):
        for _ in range(2):
            assert one.call("BootNotification", boot)["status"] == "Pending"
            assert one.refusal("Heartbeat", {}) == "SecurityError"


# --- handshakes -----------------------------------------------------------------------------------


def test_handshake_is_refused_without_the_subprotocol_an_id_or_authorization() -> None:
    offered = [Subprotocol("ocpp2.0.1")]
    accepted = {"starts_with": "Basic "}
    with dialect("ocpp-2.0.1", stations="CS_1", authorization=accepted) as csms:
        other = csms.refusal("/ocpp/CS_1", subprotocols=[Subprotocol("ocpp1.6")])
        unknown = csms.refusal("/ocpp/CS_2", subprotocols=offered)
        without = csms.refusal("/ocpp/CS_1", subprotocols=offered)
        assert (other.status_code, unknown.status_code, without.status_code) == (400, 404, 401)
        with csms.connect(
            "/ocpp/CS_1", subprotocols=offered, additional_headers={"Authorization": "Basic eA=="}
        ) as peer:
            assert "currentTime" in Station(peer).call("Heartbeat", {})
