"""The OCPP 1.6J example, used through the PyPI package `ocpp`."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.helpers.examples import example
from tests.helpers.wait import PATIENCE

v16 = pytest.importorskip("ocpp.v16", reason="ocpp is not installed")
exceptions = pytest.importorskip("ocpp.exceptions")
routing = pytest.importorskip("ocpp.routing")

pytestmark = pytest.mark.integration

NOW = "2026-01-01T00:00:00Z"


class Charger(v16.ChargePoint):  # type: ignore[name-defined, misc]  # may be missing
    """A charge point that starts when it is asked to."""

    def __init__(self, name: str, connection: object) -> None:
        super().__init__(name, connection, response_timeout=PATIENCE)
        self.asked: asyncio.Queue[str] = asyncio.Queue()

    @routing.on("RemoteStartTransaction")  # type: ignore[untyped-decorator]
    def accept(self, id_tag: str, **_: object) -> Any:
        return v16.call_result.RemoteStartTransaction(status="Accepted")

    @routing.after("RemoteStartTransaction")  # type: ignore[untyped-decorator]
    def note(self, id_tag: str, **_: object) -> None:
        self.asked.put_nowait(id_tag)

    async def start_transaction(self, tag: str) -> Any:
        return await self.call(
            v16.call.StartTransaction(connector_id=1, id_tag=tag, meter_start=0, timestamp=NOW)
        )


def charge(work: Callable[[Charger], Awaitable[Any]], query: str = "") -> tuple[Any, Any]:
    """Do something with a charge point.

    Returns: what that returned, and the variables of the endpoint.
    """

    async def session(url: str) -> Any:
        offered = [Subprotocol("ocpp1.6")]
        async with (
            asyncio.timeout(PATIENCE),
            connect(url, subprotocols=offered, proxy=None) as connection,
        ):
            charger = Charger("CP_1", connection)
            reading = asyncio.create_task(charger.start())
            try:
                return await work(charger)
            finally:
                reading.cancel()
                with suppress(asyncio.CancelledError, ConnectionClosed):
                    await reading

    with example("ocpp16") as central:
        returned = asyncio.run(session(central.url(f"/ocpp/CP_1{query}")))
        return returned, central.variables("central system").endpoint_vars


def test_charge_point_boots_charges_and_stops() -> None:
    async def work(charger: Charger) -> None:
        call = v16.call
        boot = await charger.call(
            call.BootNotification(charge_point_model="One", charge_point_vendor="Acme")
        )
        assert (boot.status, boot.interval) == ("Accepted", 300)
        assert (await charger.call(call.Heartbeat())).current_time >= boot.current_time
        assert (await charger.call(call.Authorize(id_tag="ada"))).id_tag_info == {
            "status": "Accepted"
        }
        started = await charger.start_transaction("ada")
        status = call.StatusNotification(connector_id=1, error_code="NoError", status="Charging")
        await charger.call(status, suppress=False)
        value = [{"timestamp": NOW, "sampledValue": [{"value": "5"}]}]
        await charger.call(call.MeterValues(connector_id=1, meter_value=value), suppress=False)
        stopped = await charger.call(
            call.StopTransaction(meter_stop=5, timestamp=NOW, transaction_id=started.transaction_id)
        )
        assert stopped.id_tag_info == {"status": "Accepted"}

    _, variables = charge(work)
    assert variables == {"transaction": 1, "running": []}


def test_blocked_tag_is_not_accepted() -> None:
    async def work(charger: Charger) -> Any:
        authorized = await charger.call(v16.call.Authorize(id_tag="blocked"))
        return authorized.id_tag_info

    assert charge(work)[0] == {"status": "Blocked"}


def test_unknown_action_raises_not_implemented() -> None:
    async def work(charger: Charger) -> None:
        with pytest.raises(exceptions.NotImplementedError):
            await charger.call(v16.call.DataTransfer(vendor_id="Acme"), suppress=False)

    charge(work)


def test_charge_point_is_asked_to_start_after_its_boot_and_does() -> None:
    async def work(charger: Charger) -> Any:
        boot = v16.call.BootNotification(charge_point_model="One", charge_point_vendor="Acme")
        await charger.call(boot)
        return await charger.start_transaction(await charger.asked.get())

    started, variables = charge(work, "?remote_start=20ms")
    assert (started.transaction_id, started.id_tag_info) == (1, {"status": "Accepted"})
    assert variables == {"accepted": ["CP_1"], "transaction": 1, "running": [1]}
