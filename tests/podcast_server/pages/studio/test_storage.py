"""The owner sees how much is kept, tries the storage, and reads how to move it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from episodes.models import Episode, Show
from episodes.storage.base import (
    ObjectReader,
    StorageError,
    StoragePublic,
    StorageRefused,
    StorageUnavailable,
)
from episodes.storage.memory import MemoryStorage
from tests.podcast_server.pages.studio.conftest import Desk

PAGE = "/studio/site/storage"


def test_what_is_kept_is_counted(owner: Desk, first: Episode) -> None:
    page = owner.get(PAGE).text
    assert "in 1 file<" in page
    assert "podcast-server move storage new.toml" in page


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (StoragePublic("x"), "Strangers can read the audio"),
        (StorageRefused("x"), "does not let this server in"),
        (StorageUnavailable("x"), "cannot be used now"),
        (StorageError("x"), "does not work as it should"),
    ],
)
def test_what_is_wrong_is_said_plainly(
    owner: Desk, monkeypatch: pytest.MonkeyPatch, error: StorageError, said: str
) -> None:
    def broken(_self: MemoryStorage) -> None:
        raise error

    monkeypatch.setattr(MemoryStorage, "check", broken)
    assert said in owner.send("/studio/site/try/storage").text


def test_a_storage_that_gives_no_parts_does_not_work(
    owner: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = MemoryStorage.open

    def open_all(
        self: MemoryStorage, key: str, start: int = 0, end: int | None = None
    ) -> ObjectReader:
        return whole(self, key)

    monkeypatch.setattr(MemoryStorage, "open", open_all)
    assert "does not give back parts" in owner.send("/studio/site/try/storage").text


def test_editors_do_not_see_it(hire: Callable[..., Desk], harbour: Show) -> None:
    assert hire("editor", harbour).get(PAGE).status_code == 403
