"""Runs a soak and judges it: `python -m scripts.dev.soak [--minutes N] [--chart FILE]`."""

import argparse
import asyncio
import os
import ssl
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from websocket_mock.scripts.dev.soak.chart import make_chart
from websocket_mock.scripts.dev.soak.load import PAUSE, Load
from websocket_mock.scripts.dev.soak.process import Sample, Soaked, soaked
from websocket_mock.scripts.dev.soak.verdict import judge

WARM_UP = 5.0
"""Seconds of load before the first look at the process: it loads and caches things on first use."""

SAMPLE_SECONDS = 1.0

REST = 5.0
"""Seconds in which the process may come to rest after the load."""


async def soak(server: Soaked, seconds: float, pause: float = PAUSE) -> tuple[Load, list[Sample]]:
    """Put a server under load for a time; return what was counted and seen, the last at rest.

    Everyone waits for `pause` seconds after each turn.
    """
    trust = ssl.create_default_context(cafile=server.ca_file)
    load = Load(server.websocket_url, server.secure_url, server.control_url, trust, pause=pause)
    samples: list[Sample] = []
    running = asyncio.create_task(load.run())
    await asyncio.wait([running], timeout=min(WARM_UP, seconds / 4))
    begin = time.monotonic()
    while not running.done() and time.monotonic() < begin + seconds:
        samples.append(server.sample(time.monotonic() - begin, load.tally.answered))
        await asyncio.wait([running], timeout=SAMPLE_SECONDS)
    load.end()
    await running
    await asyncio.sleep(REST)
    samples.append(server.sample(time.monotonic() - begin, load.tally.answered))
    return load, samples


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return 0 if nothing was lost or left behind. Blocks for the soak."""
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    minutes = float(os.environ.get("SOAK_MINUTES", "10"))
    add = parser.add_argument
    add("--minutes", type=float, default=minutes, help="default: SOAK_MINUTES or 10")
    add("--chart", type=Path, help="SVG to write: memory and rate over the time")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="soak-") as folder, soaked(Path(folder)) as server:
        load, samples = asyncio.run(soak(server, options.minutes * 60))
    if options.chart is not None:
        options.chart.write_text(make_chart(samples), encoding="utf-8")
    verdict = judge(load.tally, samples)
    print(verdict.text)
    return 0 if verdict.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
