"""Presets among the faults that a call sets: by a name alone, or with a target."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from websocket_mock.actors.faults.presets import PRESETS, Preset
from websocket_mock.actors.values.suggestions import nearest
from websocket_mock.mcp_bridge.service.errors import BadArgument

KEY = "preset"
TARGETS = ("endpoint", "group", "client")

Definition = dict[str, Any] | str
"""A fault as in a mocks file, the name of a kind, or a preset."""


@dataclass(frozen=True, slots=True)
class Expanded:
    """What a definition stands for."""

    faults: Sequence[Definition]
    preset: Preset | None = None
    target: Mapping[str, str] | None = None
    """The endpoint, group or client of the preset; None: everybody."""


def expand(definitions: Sequence[Definition]) -> Iterator[Expanded]:
    """Put the faults of presets in their place. Other definitions stay as they are.

    ``"slow-3g"`` and ``{"preset": "slow-3g", "endpoint": "prices"}`` are presets. Their faults have
    names that tell this, so that a preset that is set again replaces itself.

    Raises:
        BadArgument: there is no such preset, or it has keys that a preset cannot have.
    """
    for one in definitions:
        if isinstance(one, str) and one in PRESETS:
            yield _expanded(one, {})
        elif isinstance(one, dict) and KEY in one:
            yield _expanded(one[KEY], {key: value for key, value in one.items() if key != KEY})
        else:
            yield Expanded((one,))


def _expanded(name: object, target: Mapping[str, Any]) -> Expanded:
    if not isinstance(name, str) or name not in PRESETS:
        hint = nearest(str(name), PRESETS, f"there are: {', '.join(PRESETS)}")
        raise BadArgument(f"faults: there is no preset {name!r}; {hint}.")
    others = [key for key in target if key not in TARGETS]
    if others:
        raise BadArgument(
            f"faults: a preset takes endpoint, group or client, and not {', '.join(others)}; "
            "write its faults out to change them."
        )
    preset = PRESETS[name]
    whose = "".join(f" of {value}" for value in target.values())
    faults: list[Definition] = []
    for fault in preset.faults:
        kind = f" {next(iter(fault))}" if len(preset.faults) > 1 else ""
        faults.append({"name": f"{name}{kind}{whose}", **fault, **target})
    return Expanded(faults, preset, target)
