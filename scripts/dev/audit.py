"""Looks for known vulnerabilities in the versions of constraints.txt, with pip-audit.

The data is at pypi.org. Where that cannot be reached, nothing is audited; that is told, and is no
failure, so that a machine without the internet can run all checks.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

CONSTRAINTS = Path(__file__).parents[2] / "constraints.txt"

DATA = "https://pypi.org/pypi/pip/json"
"""Like the addresses that pip-audit asks, one for each package."""

PATIENCE = 10.0
"""Seconds to wait for an answer."""

LIMIT = 600.0
"""Seconds that an audit may take."""

COMMAND = (
    *(sys.executable, "-m", "pip_audit", "--requirement", str(CONSTRAINTS)),
    # The versions are exact and complete: nothing is to be resolved or installed.
    *("--no-deps", "--disable-pip", "--progress-spinner", "off"),
)


def main(is_there: Callable[[], bool] | None = None) -> int:
    """Audit; return the exit code, which is not 0 if a vulnerability is known.

    Args:
        is_there: tells whether the data can be reached.
    """
    if not (is_there or can_reach_data)():
        print(f"not audited: {DATA} cannot be reached from here")
        return 0
    return subprocess.run(COMMAND, check=False, timeout=LIMIT).returncode  # noqa: S603 - our own


def can_reach_data(url: str = DATA) -> bool:
    """Tell whether an address answers. Blocks for `PATIENCE` seconds at most for each step."""
    try:
        # The address is a constant.
        with urlopen(Request(url, method="HEAD"), timeout=PATIENCE):  # noqa: S310  # nosec B310
            return True
    except HTTPError as error:
        # A proxy that refuses answers, too.
        print(f"{url} answers {error.code}")
        return False
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
