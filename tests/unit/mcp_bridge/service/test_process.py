"""What the process of the server takes."""

from pathlib import Path

import pytest

from websocket_mock.mcp_bridge.service import process
from websocket_mock.mcp_bridge.service.process import describe_process


@pytest.mark.skipif(not process.STATM.exists(), reason="the system does not tell the memory")
def test_memory_grows_by_what_is_taken() -> None:
    before = describe_process()
    taken = b"x" * 50_000_000
    after = describe_process()

    assert before.memory_bytes is not None
    assert after.memory_bytes is not None
    assert after.memory_bytes - before.memory_bytes > 0.8 * len(taken)
    assert after.cpu_seconds >= before.cpu_seconds > 0
    assert after.threads >= 1


def test_memory_is_not_told_where_the_system_does_not_tell_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(process, "STATM", tmp_path / "none")

    assert describe_process().memory_bytes is None
