"""The public Python surface of the WebSocket mock server. It imports nothing heavy.

The rooms `actors`, `transport`, `mcp_bridge` and `scripts` are packages inside this one: installed
they lie in its folder, in a checkout beside it.
"""

from pathlib import Path

__all__ = ["__version__"]

__version__ = "0.1.0"

_checkout = Path(__file__).parent.parent
if (_checkout / "setup.cfg").is_file() and (_checkout / "actors").is_dir():
    # So that a checkout's own code runs from its root, however it was installed.
    __path__.append(str(_checkout))
