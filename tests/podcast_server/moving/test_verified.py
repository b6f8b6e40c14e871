"""What arrives different on the other side is noticed, whether one row, one letter or one byte."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from episodes.storage.base import Readable, StoredObject
from episodes.storage.memory import MemoryStorage
from podcast_server.database import migrate, open_engine
from podcast_server.moving.database import move_database
from podcast_server.moving.errors import MoveError
from podcast_server.moving.storage import move_files
from podcast_server.services import Services
from tests.podcast_server.moving.conftest import quiet


@pytest.fixture
def spoilt(tmp_path: Path) -> Iterator[Engine]:
    """A database on the other side, ready to be spoilt."""
    engine = open_engine(f"sqlite:///{tmp_path}/other.sqlite3")
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.mark.thorough
@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE episodes SET title = title || '.' WHERE id = new.id",
        "DELETE FROM episodes WHERE id = new.id",
    ],
)
def test_a_row_that_is_changed_or_lost_on_its_way_ends_the_move(
    filled: Services, spoilt: Engine, harm: str
) -> None:
    with spoilt.begin() as connection:
        connection.exec_driver_sql(
            f"CREATE TRIGGER harm AFTER INSERT ON episodes WHEN new.id = 2 BEGIN {harm}; END"
        )
    with pytest.raises(MoveError, match="episodes differs after copying"):
        move_database(filled.engine, spoilt, quiet)
    with spoilt.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER harm")
    assert move_database(filled.engine, spoilt, quiet).changed > 0  # and puts it right


class Careless(MemoryStorage):
    """Loses the last byte of what it is given."""

    def put(
        self, key: str, stream: Readable, *, content_type: str, size: int | None = None
    ) -> StoredObject:
        return super().put(key, io.BytesIO(stream.read(-1)[:-1]), content_type=content_type)


def test_a_file_that_comes_back_different_ends_the_move() -> None:
    source = MemoryStorage()
    source.put("audio/a.mp3", io.BytesIO(b"sound" * 1000), content_type="audio/mpeg")
    with pytest.raises(MoveError, match=r"audio/a\.mp3.*came back different"):
        move_files(source, Careless(), ["audio/a.mp3"], quiet)
