"""`python -m benchmarks [NAME …]`: run the benchmarks, all of them or those named."""

from __future__ import annotations

import subprocess
import sys

NAMES = ("splice", "render", "presign")


def main() -> int:
    """Run each in a process of its own, so that none warms another up."""
    chosen = sys.argv[1:] or NAMES
    unknown = [name for name in chosen if name not in NAMES]
    if unknown:
        print(f"no such benchmark: {', '.join(unknown)} (there are: {', '.join(NAMES)})")
        return 2
    for name in chosen:
        print(f"\n== {name}", flush=True)
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode:
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
