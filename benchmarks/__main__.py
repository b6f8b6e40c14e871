"""`python -m benchmarks [--quick] [NAME …]`: run the benchmarks, all of them or those named."""

from __future__ import annotations

import subprocess
import sys

NAMES = (
    "splice",
    "render",
    "presign",
    "polling",
    "publishing",
    "memory",
    "half_hour",
    "patience",
    "streaming",
    "ingest",
    "hits",
)


def main() -> int:
    """Run each in a process of its own, so that none warms another up."""
    options = [word for word in sys.argv[1:] if word == "--quick"]
    chosen = [word for word in sys.argv[1:] if word not in options] or NAMES
    unknown = [name for name in chosen if name not in NAMES]
    if unknown:
        print(f"no such benchmark: {', '.join(unknown)} (there are: {', '.join(NAMES)})")
        return 2
    for name in chosen:
        print(f"\n== {name}", flush=True)
        command = [sys.executable, "-m", f"benchmarks.{name}", *options]
        if subprocess.run(command, check=False).returncode:
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
