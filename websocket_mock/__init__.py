"""The public Python package of the WebSocket mock server. It loads quickly.

The rooms `actors`, `transport`, `mcp_bridge` and `scripts` are its subpackages, and so are `skills`
and `dialects`, which are data. An installation has them in its folder; a checkout has them next to
it, and the dialects in `config`.

The names of the Python API are loaded when they are first used.
"""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from websocket_mock.testing.actions import Actions, actions
    from websocket_mock.testing.callbacks import Message
    from websocket_mock.testing.conversation import Conversation
    from websocket_mock.testing.endpoint import Endpoint
    from websocket_mock.testing.entry import Entry
    from websocket_mock.testing.errors import (
        BadDefinition,
        MockAssertionError,
        MockError,
        NotConnected,
        UnexpectedTraffic,
        VerificationFailed,
        WaitTimedOut,
    )
    from websocket_mock.testing.faults import Fault
    from websocket_mock.testing.mock import WebSocketMock
    from websocket_mock.testing.rules import Handshake, Rule, Script

__all__ = [
    "Actions",
    "BadDefinition",
    "Conversation",
    "Endpoint",
    "Entry",
    "Fault",
    "Handshake",
    "Message",
    "MockAssertionError",
    "MockError",
    "NotConnected",
    "Rule",
    "Script",
    "UnexpectedTraffic",
    "VerificationFailed",
    "WaitTimedOut",
    "WebSocketMock",
    "__version__",
    "actions",
]

__version__ = "0.1.0"

_MODULES = {
    "actions": ("Actions", "actions"),
    "callbacks": ("Message",),
    "conversation": ("Conversation",),
    "endpoint": ("Endpoint",),
    "entry": ("Entry",),
    "errors": (
        "BadDefinition",
        "MockAssertionError",
        "MockError",
        "NotConnected",
        "UnexpectedTraffic",
        "VerificationFailed",
        "WaitTimedOut",
    ),
    "faults": ("Fault",),
    "mock": ("WebSocketMock",),
    "rules": ("Handshake", "Rule", "Script"),
}
"""The modules of the Python API, with the names that they have."""

_HOMES = {name: module for module, names in _MODULES.items() for name in names}

_checkout = Path(__file__).parent.parent
if (_checkout / "setup.cfg").is_file() and (_checkout / "actors").is_dir():
    # A checkout runs its own code from its root, even if another copy is installed.
    __path__ += [str(_checkout), str(_checkout / "config")]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any name of the API
    """Load a name of the Python API.

    Raises:
        AttributeError: there is no such name.
    """
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"websocket_mock.testing.{_HOMES[name]}"), name)
