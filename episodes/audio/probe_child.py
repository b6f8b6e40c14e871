"""The child process of a probe: limits itself, examines one file, answers in JSON.

Run as ``python -m episodes.audio.probe_child PATH``; never import it in the server.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import resource
import sys
from pathlib import Path
from typing import Any


def main(path: str, memory: int, cpu: int) -> dict[str, Any]:
    """Examine a file within limits (bytes, seconds); a refusal or the facts as plain values."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from episodes.audio.errors import AudioRefused
    from episodes.audio.examine import MutagenError, examine

    try:
        facts = examine(Path(path))
    except AudioRefused as error:
        return {"refused": error.reason}
    except (MemoryError, RecursionError):
        return {"refused": "too_complex"}
    except OSError:
        return {"refused": "unreadable"}
    except (MutagenError, ValueError, KeyError, IndexError, TypeError, ArithmeticError):
        return {"refused": "damaged"}
    return {"facts": dataclasses.asdict(facts)}


def _plain(value: object) -> str:
    assert isinstance(value, bytes)
    return base64.b64encode(value).decode()


if __name__ == "__main__":
    answer = main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    sys.stdout.write(json.dumps(answer, default=_plain))
