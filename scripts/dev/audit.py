"""Looks for known vulnerabilities in the versions of constraints.txt, with pip-audit.

Where the data of pip-audit cannot be reached, nothing is audited; that is told, and is no failure,
so that a machine without the internet can run all checks.
"""

import json
import subprocess
import sys
from pathlib import Path

CONSTRAINTS = Path(__file__).parents[2] / "constraints.txt"

LIMIT = 600.0
"""Seconds that an audit may take."""

COMMAND = (
    *(sys.executable, "-m", "pip_audit", "--requirement", str(CONSTRAINTS)),
    # The versions are exact and complete: nothing is to be resolved or installed.
    *("--no-deps", "--disable-pip", "--progress-spinner", "off", "--format", "json"),
)


def main() -> int:
    """Audit; return the exit code, which is not 0 if a vulnerability is known. Blocks.

    Raises:
        subprocess.TimeoutExpired: it took longer than `LIMIT`.
    """
    done = subprocess.run(  # noqa: S603 - our own
        COMMAND, check=False, timeout=LIMIT, capture_output=True, text=True
    )
    try:
        report = json.loads(done.stdout)
    except ValueError:
        # It reports only what it has looked up completely.
        reason = (done.stderr.strip() or "no reason was given").splitlines()[-1]
        print(f"not audited: {reason}")
        return 0
    found = [one for one in report["dependencies"] if one.get("vulns")]
    for one in found:
        names = ", ".join(vulnerability["id"] for vulnerability in one["vulns"])
        print(f"{one['name']} {one['version']}: {names}")
    print(
        f"{len(report['dependencies'])} packages audited, {len(found)} with known vulnerabilities"
    )
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
