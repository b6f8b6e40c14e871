"""Optional libraries: named when a setting needs one that is not installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from podcast_server.settings import SettingsError


@contextmanager
def needs(extra: str, setting: str) -> Iterator[None]:
    """Around the import of what an extra of ours brings. Raises SettingsError that names it."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"{setting} needs a library that is not installed: "
            f"pip install 'podcast-server[{extra}]', or leave it empty"
        ) from error
