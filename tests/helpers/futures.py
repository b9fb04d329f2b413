"""Looking at a future without waiting for it."""

from typing import Any

import pykka


def is_pending(future: "pykka.Future[Any]") -> bool:
    try:
        future.get(timeout=0)
    except pykka.Timeout:
        return True
    return False
