"""The public Python package of the WebSocket mock server. It loads quickly.

The rooms `actors`, `transport`, `mcp_bridge` and `scripts` are its subpackages. An installation has
them in its folder; a checkout has them next to it.
"""

from pathlib import Path

__all__ = ["__version__"]

__version__ = "0.1.0"

_checkout = Path(__file__).parent.parent
if (_checkout / "setup.cfg").is_file() and (_checkout / "actors").is_dir():
    # A checkout runs its own code from its root, even if another copy is installed.
    __path__.append(str(_checkout))
