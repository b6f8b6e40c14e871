"""Why a backup or a restore did not happen."""

from __future__ import annotations


class BackupError(Exception):
    """The text says what stands in the way and what to do."""
