"""The buffer in front of the database: never in the way, loses nothing it need not."""

from __future__ import annotations

import logging
import threading

import pytest

from feeds.downloads.record import Entry, FeedPoll, HitBuffer, MediaHit


def hit(n: int) -> MediaHit:
    return MediaHit(float(n), "one", "GET", 200, "192.0.2.1", "AntennaPod/3", 10, 5)


def poll(n: int, feed_id: int = 1) -> FeedPoll:
    return FeedPoll(at=float(n), feed_id=feed_id, status=200, user_agent="AntennaPod/3")


class Shelf:
    """A writer that keeps what it is given, and can be away for a while."""

    def __init__(self) -> None:
        self.batches: list[list[Entry]] = []
        self.away = False
        self.written = threading.Event()

    def write(self, batch: list[Entry]) -> None:
        if self.away:
            raise OSError("the database is away")
        self.batches.append(list(batch))
        self.written.set()

    @property
    def entries(self) -> list[Entry]:
        return [entry for batch in self.batches for entry in batch]


def test_entries_are_written_in_order_and_in_batches() -> None:
    shelf = Shelf()
    buffer = HitBuffer(shelf.write, batch_size=4)
    for n in range(10):
        buffer.put(hit(n))
    assert buffer.flush()
    assert [len(batch) for batch in shelf.batches] == [4, 4, 2]
    assert shelf.entries == [hit(n) for n in range(10)]


def test_polls_and_hits_share_the_buffer() -> None:
    shelf = Shelf()
    buffer = HitBuffer(shelf.write)
    buffer.put(poll(1))
    buffer.put(hit(1))
    buffer.flush()
    assert shelf.entries == [poll(1), hit(1)]


def test_only_the_first_and_the_latest_poll_of_a_feed_are_written() -> None:
    shelf = Shelf()
    buffer = HitBuffer(shelf.write)
    for n in range(100):
        buffer.put(poll(n, feed_id=n % 3))
    assert buffer.stats().waiting == 6
    buffer.flush()
    first = [poll(n, feed_id=n) for n in range(3)]
    assert sorted(shelf.entries) == [*first, poll(97, 1), poll(98, 2), poll(99, 0)]


def test_polls_wait_for_their_own_interval_but_hits_and_the_first_poll_do_not() -> None:
    shelf = Shelf()
    buffer = HitBuffer(shelf.write, interval=0.01, poll_interval=3600.0)
    for entry in (poll(1), poll(2), hit(1)):
        buffer.put(entry)
    buffer.start()
    assert shelf.written.wait(60)
    assert shelf.entries == [poll(1), hit(1)]
    buffer.close()
    assert shelf.entries == [poll(1), hit(1), poll(2)]


def test_an_app_with_another_name_polls_for_the_first_time() -> None:
    shelf = Shelf()
    buffer = HitBuffer(shelf.write, interval=0.01, poll_interval=3600.0)
    other = poll(2)._replace(user_agent="Overcast/3")
    buffer.put(poll(1))
    buffer.put(other)
    buffer.start()
    assert shelf.written.wait(60)
    assert shelf.entries == [poll(1), other]
    buffer.close()


def test_the_thread_writes_polls_when_their_time_has_come() -> None:
    shelf = Shelf()
    buffer = HitBuffer(shelf.write, interval=0.01, poll_interval=0.0)
    buffer.put(poll(1))
    buffer.put(poll(2))
    buffer.start()
    assert shelf.written.wait(60)
    assert shelf.entries == [poll(1), poll(2)]
    buffer.close()


def test_polls_of_too_many_feeds_are_refused_and_counted() -> None:
    buffer = HitBuffer(Shelf().write, limit=2)
    for feed_id in (1, 2, 3, 1, 2, 3, 1):
        buffer.put(poll(1, feed_id))
    assert (buffer.stats().waiting, buffer.stats().dropped) == (4, 2)


def test_the_thread_writes_without_being_asked() -> None:
    shelf = Shelf()
    buffer = HitBuffer(shelf.write, interval=0.01)
    buffer.start()
    buffer.put(hit(1))
    assert shelf.written.wait(60)
    buffer.close()
    assert shelf.entries == [hit(1)]


def test_a_full_batch_wakes_the_thread_before_its_time() -> None:
    shelf = Shelf()
    buffer = HitBuffer(shelf.write, batch_size=3, interval=3600.0)
    buffer.start()
    for n in range(4):
        buffer.put(hit(n))
    assert shelf.written.wait(60)
    buffer.close()


def test_what_comes_while_a_batch_is_written_is_not_written_in_small_ones() -> None:
    batches: list[list[Entry]] = []
    written = threading.Event()

    def write(batch: list[Entry]) -> None:
        batches.append(batch)
        buffer.put(hit(1))
        buffer.put(hit(2))
        written.set()

    buffer = HitBuffer(write, batch_size=3, interval=3600.0)
    for n in range(4):
        buffer.put(hit(n))
    buffer.start()
    assert written.wait(60)
    buffer.close()
    assert [len(batch) for batch in batches] == [3, 3]


def test_a_full_buffer_refuses_and_counts() -> None:
    shelf = Shelf()
    buffer = HitBuffer(shelf.write, limit=5)
    for n in range(8):
        buffer.put(hit(n))
    assert (buffer.stats().waiting, buffer.stats().dropped) == (5, 3)
    buffer.close()
    assert shelf.entries == [hit(n) for n in range(5)]


def test_what_was_lost_is_noted_even_if_the_first_attempt_fails() -> None:
    shelf, noted, refused = Shelf(), list[int](), threading.Event()

    def note(count: int) -> None:
        if not refused.is_set():
            refused.set()
            raise OSError("the database is away")
        noted.append(count)

    buffer = HitBuffer(shelf.write, limit=5, interval=0.01, note_lost=note)
    for n in range(8):
        buffer.put(hit(n))
    buffer.start()
    assert refused.wait(60)
    buffer.close()
    assert noted == [3]


def test_what_a_full_buffer_refused_is_told_to_the_operator(
    caplog: pytest.LogCaptureFixture,
) -> None:
    shelf = Shelf()
    buffer = HitBuffer(shelf.write, limit=5, interval=0.01)
    for n in range(8):
        buffer.put(hit(n))
    buffer.start()
    assert shelf.written.wait(60)
    buffer.close()
    assert "3 hits came while the buffer was full" in caplog.text


def test_while_the_writer_is_away_nothing_is_lost_nor_written_twice(
    caplog: pytest.LogCaptureFixture,
) -> None:
    shelf = Shelf()
    buffer = HitBuffer(shelf.write, batch_size=4)
    shelf.away = True
    for n in range(6):
        buffer.put(hit(n))
    with caplog.at_level(logging.WARNING):
        assert not buffer.flush()
    assert buffer.stats().failures == 1
    assert buffer.stats().waiting == 6
    assert "trying again" in caplog.text
    shelf.away = False
    assert buffer.flush()
    assert shelf.entries == [hit(n) for n in range(6)]
    assert buffer.stats().written == 6


def test_the_thread_outlives_a_writer_that_fails() -> None:
    shelf = Shelf()
    shelf.away = True
    tried = threading.Event()

    def write(batch: list[Entry]) -> None:
        tried.set()
        shelf.write(batch)

    buffer = HitBuffer(write, interval=0.01)
    buffer.start()
    buffer.put(hit(1))
    assert tried.wait(60)
    shelf.away = False
    assert shelf.written.wait(60)
    buffer.close()
    assert shelf.entries == [hit(1)]


def test_closing_writes_the_rest_and_refuses_what_comes_later() -> None:
    shelf = Shelf()
    buffer = HitBuffer(shelf.write, interval=3600.0)
    buffer.start()
    buffer.put(hit(1))
    buffer.close()
    buffer.put(hit(2))
    assert shelf.entries == [hit(1)]
    assert buffer.stats().dropped == 1


def test_closing_twice_and_without_a_thread_is_fine() -> None:
    shelf = Shelf()
    buffer = HitBuffer(shelf.write)
    buffer.put(hit(1))
    buffer.close()
    buffer.close()
    assert shelf.entries == [hit(1)]


def test_what_cannot_be_written_at_the_end_is_counted_as_lost(
    caplog: pytest.LogCaptureFixture,
) -> None:
    shelf = Shelf()
    shelf.away = True
    buffer = HitBuffer(shelf.write)
    buffer.put(hit(1))
    buffer.close()
    assert buffer.stats().dropped == 1
    assert buffer.stats().waiting == 0
    assert "are lost" in caplog.text


def test_many_threads_put_and_nothing_is_lost() -> None:
    shelf = Shelf()
    buffer = HitBuffer(shelf.write, batch_size=50, interval=0.01)
    buffer.start()

    def put_many(start: int) -> None:
        for n in range(start, start + 500):
            buffer.put(hit(n))

    threads = [threading.Thread(target=put_many, args=(start * 500,)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    buffer.close()
    assert sorted(shelf.entries) == [hit(n) for n in range(2000)]
