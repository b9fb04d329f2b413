"""Presets: sets of faults for usual troubles, under a name that people know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class Preset:
    """A set of faults."""

    title: str
    does: Sequence[str]
    """What it will do, in plain words: a sentence or two."""
    faults: Sequence[Mapping[str, Any]]
    """As in a mocks file, without a target."""
    close: tuple[int, str] | None = None
    """The code and the reason with which the clients are closed first; None: they stay."""


PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "slow-3g": Preset(
            "Slow 3G",
            [
                "Every message is 300 to 500 ms late, both ways.",
                "At most 50 kB pass in a second, each way.",
            ],
            [
                {"latency": {"mean": "400ms", "jitter": "100ms"}, "direction": "both"},
                {"bandwidth": {"rate": "50KB"}, "direction": "both"},
            ],
        ),
        "flaky-wifi": Preset(
            "Flaky Wi-Fi",
            [
                "One message in ten is 0.5 to 2.5 s late, both ways; those behind it wait.",
                "One message in a hundred to the client resets the connection.",
            ],
            [
                {
                    "latency": {"mean": "1500ms", "jitter": "1s"},
                    "direction": "both",
                    "probability": 0.1,
                },
                {"reset": {}, "probability": 0.01},
            ],
        ),
        "dead-line": Preset(
            "Dead line",
            ["Nothing is read or written, and no close comes: a client needs a time limit."],
            [{"half_open": {}}],
        ),
        "restart": Preset(
            "Server restart",
            [
                "The clients are closed with 1012 (service restart).",
                "Whoever connects until the time is over is refused with 503.",
            ],
            [{"refuse": {"status": 503}}],
            (1012, "service restart"),
        ),
        "crash-loop": Preset(
            "Crash loop",
            ["Each connection is reset (TCP RST, no close frame) 2 s after it opened."],
            [{"reset": {}, "after": "2s"}],
        ),
        "lost-messages": Preset(
            "Lost messages",
            ["One message in ten is lost, both ways."],
            [{"drop": {}, "direction": "both", "probability": 0.1}],
        ),
        "twice-and-mixed": Preset(
            "Twice and out of order",
            [
                "One message in five to the client arrives twice.",
                "One in five arrives after the next one.",
            ],
            [{"duplicate": {}, "probability": 0.2}, {"reorder": {}, "probability": 0.2}],
        ),
        "no-pongs": Preset(
            "No pongs",
            ["Pings of the client are not answered; everything else works."],
            [{"no_pong": {}}],
        ),
        "server-stuck": Preset(
            "Server does not read",
            ["Nothing is read from the client, so what it sends piles up on its side."],
            [{"stop_reading": {}}],
        ),
        "broken-frame": Preset(
            "Broken frame",
            ["The next message to the client has a reserved bit set, once."],
            [{"reserved_bit": {}, "frames": {"times": 1}}],
        ),
    }
)
"""All presets, by their names."""
