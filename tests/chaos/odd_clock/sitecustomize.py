"""Loaded by processes that live under libfaketime: up to its version 0.9.10 it breaks one call.

It refuses ``clock_nanosleep`` until an absolute time of the monotonic clock, which is how Python
sleeps, unless it may fake that clock too; and a clock that jumps leaves that one alone.
"""

from __future__ import annotations

import select
import time
from typing import SupportsIndex


def _sleep(seconds: float | SupportsIndex, /) -> None:
    select.select((), (), (), float(seconds))


time.sleep = _sleep
