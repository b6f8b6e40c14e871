"""Hits to downloads, by the rules of the IAB Podcast Measurement Guidelines 2.3."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from feeds.downloads.count import (
    CountingRules,
    Hit,
    Refusal,
    busy_addresses,
    count_downloads,
    count_plays,
    refusal,
    threshold_bytes,
)
from tests.feeds.downloads.hits import (
    ANTENNAPOD,
    FILE_BYTES,
    MINUTE_BYTES,
    MONDAY,
    OVERCAST,
    RULES,
    hit,
    part,
)


def how_many(*hits: Hit, rules: CountingRules = RULES) -> int:
    return len(count_downloads(hits, rules))


def test_a_whole_file_is_one_download_with_its_app_device_and_country() -> None:
    (download,) = count_downloads([hit(country="FR", member_id=7)], RULES)
    assert download.day == date(2026, 1, 5)
    assert (download.episode_key, download.member_id, download.country) == ("one", 7, "FR")
    assert (download.app, download.device) == ("Overcast", "mobile")
    assert download.request_based is False


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"method": "HEAD", "bytes_served": 0}, "method"),
        ({"method": "POST"}, "method"),
        ({"status": 304, "bytes_served": 0}, "status"),
        ({"status": 403, "bytes_served": 20}, "status"),
        ({"status": 404, "bytes_served": 20}, "status"),
        ({"status": 416, "bytes_served": 0}, "status"),
        ({"status": 503, "bytes_served": 0}, "status"),
        ({"status": 206, "range_start": 0, "range_end": 1, "bytes_served": 2}, "probe"),
        ({"status": 302, "range_start": 0, "range_end": 1, "bytes_served": None}, "probe"),
        ({"user_agent": ""}, "agent"),
        ({"user_agent": "  "}, "agent"),
        ({"user_agent": "-"}, "agent"),
        ({"user_agent": "1234567890"}, "agent"),
        ({"user_agent": "Overcast\x00/3.0"}, "agent"),
        ({"user_agent": "Mozilla/5.0"}, "agent"),
        ({"user_agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://g.co/bot)"}, "bot"),
        ({"user_agent": "python-requests/2.31"}, "bot"),
        ({"user_agent": "curl/8.4.0"}, "bot"),
        ({"user_agent": "BrandNewPodcastCrawler/1.0"}, "bot"),
        ({"user_agent": "Overcast/1.0 Podcast Sync (3 subscribers; feed-id=1)"}, "app_server"),
        ({"user_agent": "PocketCasts/1.0 (Pocket Casts Feed Parser)"}, "app_server"),
        ({"user_agent": "Spotify/1.0"}, "app_server"),
        ({"user_agent": "iTMS"}, "app_server"),
        ({"user_agent": "atc/1.0 watchOS/7.1 model/Watch5,4 build/18R590"}, "watch_duplicate"),
        ({"user_agent": "(null)/(null) watchOS/5.0.1 model/Watch3,3"}, "watch_duplicate"),
    ],
)
def test_a_request_nobody_listens_with_is_left_out_and_says_why(
    changes: dict[str, Any], why: Refusal
) -> None:
    assert refusal(hit(**changes), RULES) == why
    assert how_many(hit(**changes)) == 0


def test_a_watch_that_downloads_without_its_telephone_counts() -> None:
    assert how_many(hit(user_agent="Podcasts/1570 CFNetwork/1331 Darwin/21.4.0")) == 1
    assert how_many(hit(user_agent="atc/1.0")) == 1


def test_less_than_header_and_a_minute_is_no_download() -> None:
    assert how_many(part(0, MINUTE_BYTES - 2)) == 0
    assert how_many(part(0, MINUTE_BYTES - 1)) == 1


def test_what_was_asked_for_but_not_served_does_not_count() -> None:
    assert how_many(hit(bytes_served=MINUTE_BYTES - 1)) == 0
    assert how_many(part(0, None, bytes_served=MINUTE_BYTES - 1)) == 0


def test_ranges_of_one_listener_are_put_together() -> None:
    half = MINUTE_BYTES // 2
    assert how_many(part(0, half - 1), part(half, MINUTE_BYTES - 1)) == 1


def test_the_same_bytes_twice_are_not_a_minute() -> None:
    half = part(0, MINUTE_BYTES // 2)
    assert how_many(half, replace(half, at=MONDAY + timedelta(minutes=1))) == 0


def test_ranges_of_two_listeners_are_not_put_together() -> None:
    half = MINUTE_BYTES // 2
    first, second = part(0, half - 1), part(half, MINUTE_BYTES - 1)
    assert how_many(first, replace(second, ip_hash="address-2")) == 0
    assert how_many(first, replace(second, user_agent=ANTENNAPOD)) == 0
    assert how_many(first, replace(second, episode_key="two")) == 0


def test_a_range_header_that_the_server_ignored_stands_for_the_whole_file() -> None:
    ignored = hit(status=200, range_start=9_000_000, range_end=None, bytes_served=FILE_BYTES)
    assert how_many(ignored) == 1


def test_play_pause_play_is_one_download() -> None:
    first = part(0, FILE_BYTES // 2)
    later = part(FILE_BYTES // 2, None, at=MONDAY + timedelta(hours=1))
    assert how_many(first, later) == 1


def test_a_probe_before_the_download_adds_nothing() -> None:
    assert how_many(part(0, 1), part(0, None)) == 1


@pytest.mark.parametrize(("file_bytes", "minute_bytes"), [(500, 500), (500, 9_000), (500, 0)])
def test_a_file_shorter_than_a_minute_or_unmeasured_must_be_fetched_whole(
    file_bytes: int, minute_bytes: int
) -> None:
    assert threshold_bytes(file_bytes, minute_bytes) == 500
    size = {"file_bytes": file_bytes, "minute_bytes": minute_bytes}
    assert how_many(hit(bytes_served=499, **size)) == 0
    assert how_many(hit(bytes_served=500, **size)) == 1


def test_a_file_of_unknown_size_never_counts() -> None:
    assert how_many(hit(file_bytes=0, minute_bytes=0)) == 0


def test_bytes_of_the_replaced_audio_and_of_the_new_one_make_no_minute() -> None:
    half = MINUTE_BYTES // 2
    new = part(half, MINUTE_BYTES - 1, file_bytes=FILE_BYTES + 1)
    assert how_many(part(0, half - 1), new) == 0


def test_ten_fetches_by_six_agents_behind_one_address_are_six_downloads() -> None:
    # The example of 5.5.4, scenario 1.
    agents = [f"AntennaPod/3.{n}" for n in range(6)]
    hits = [hit(user_agent=agents[n % 6], at=MONDAY + timedelta(minutes=n)) for n in range(10)]
    assert how_many(*hits) == 6


def test_the_guidelines_example_of_four_requests_by_calendar_day() -> None:
    # The table of 5.5.1, column "Calendar": 1, 1, 0, 1.
    when = ["2026-01-05T22:00Z", "2026-01-06T03:00Z", "2026-01-06T22:15Z", "2026-01-07T23:15Z"]
    hits = [hit(at=datetime.fromisoformat(text)) for text in when]
    days = [download.day.day for download in count_downloads(hits, RULES)]
    assert days == [5, 6, 7]


def test_the_day_is_the_utc_day_whatever_zone_the_time_is_told_in() -> None:
    late_in_new_york = datetime.fromisoformat("2026-01-05T23:30-05:00")
    (download,) = count_downloads([hit(at=late_in_new_york)], RULES)
    assert download.day == date(2026, 1, 6)


def test_a_redirect_counts_by_what_was_asked_and_says_so() -> None:
    (download,) = count_downloads([hit(status=302, bytes_served=None)], RULES)
    assert download.request_based is True
    open_range = hit(status=302, range_start=0, bytes_served=None)
    short_range = hit(status=302, range_start=0, range_end=65_535, bytes_served=None)
    assert how_many(open_range) == 1
    assert how_many(short_range) == 0


def test_bytes_a_front_served_for_us_are_request_based_too() -> None:
    (download,) = count_downloads([hit(status=200, bytes_served=None)], RULES)
    assert download.request_based is True


def test_measured_bytes_beat_the_estimate() -> None:
    hits = [hit(status=302, bytes_served=None), hit()]
    assert [d.request_based for d in count_downloads(hits, RULES)] == [False]


@pytest.mark.parametrize(("count_probes", "expected"), [(True, 7), (False, 6)])
def test_the_example_of_an_open_prefix_counter(count_probes: bool, expected: int) -> None:
    # OP3's test of its hourly count: eleven hits, seven downloads; it keeps the lone
    # two-byte request that the guidelines leave out. It sees no bytes, so no threshold.
    asked: list[tuple[str, str, int | None, int | None]] = [
        ("1.mp3", "0.1", None, None),
        ("1.mp3", "0.1", None, None),
        ("1.mp3", "0.1.2", None, None),
        ("2.mp3", "0.2", 0, 1),
        ("2.mp3", "0.2", 0, 10),
        ("3.mp3", "0.3", 0, 1),
        ("4.mp3", "0.4", None, None),
        ("5.mp3", "0.5", 1000, 1000),
        ("6.mp3", "0.6", 1000, 1001),
        ("7.mp3", "0.7", None, None),
        ("8.mp3", "0.8", None, None),
    ]
    hits = [
        hit(
            episode_key=file,
            ip_hash=ip,
            range_start=first,
            range_end=last,
            status=302,
            bytes_served=None,
            minute_bytes=3,
        )
        for file, ip, first, last in asked
    ]
    rules = replace(RULES, count_redirected_probes=count_probes)
    assert how_many(*hits, rules=rules) == expected


def test_a_media_library_is_named_after_the_app_that_fetched_the_feed() -> None:
    agent = "AppleCoreMedia/1.0.0.19A583 (iPhone; U; CPU OS 15_0 like Mac OS X; en_us)"
    (known,) = count_downloads([hit(user_agent=agent, feed_app="Castamatic")], RULES)
    (unknown,) = count_downloads([hit(user_agent=agent)], RULES)
    assert (known.app, unknown.app) == ("Castamatic", "AppleCoreMedia")
    (app,) = count_downloads([hit(user_agent=OVERCAST, feed_app="Castamatic")], RULES)
    assert app.app == "Overcast"


def test_a_member_who_changes_networks_has_played_once() -> None:
    half = MINUTE_BYTES // 2
    hits = [
        part(0, half - 1, member_id=7),
        part(half, MINUTE_BYTES - 1, member_id=7, ip_hash="train", user_agent=ANTENNAPOD),
    ]
    assert count_downloads(hits, RULES) == []
    (play,) = count_plays(hits, RULES)
    assert (play.member_id, play.episode_key, play.day) == (7, "one", date(2026, 1, 5))


def test_two_members_behind_one_address_are_two_plays_and_one_download() -> None:
    hits = [hit(member_id=7), hit(member_id=8)]
    assert how_many(*hits) == 1
    assert [play.member_id for play in count_plays(hits, RULES)] == [7, 8]


def test_plays_keep_to_threshold_and_filters_and_days() -> None:
    assert count_plays([part(0, 50, member_id=7)], RULES) == []
    assert count_plays([hit(member_id=7, user_agent="curl/8")], RULES) == []
    assert count_plays([hit()], RULES) == []
    tomorrow = MONDAY + timedelta(days=1)
    assert len(count_plays([hit(member_id=7), hit(member_id=7, at=tomorrow)], RULES)) == 2


def test_an_address_that_fetches_more_than_people_do_is_found_and_left_out() -> None:
    farm = [hit(user_agent=f"Overcast/{n} CFNetwork/1 Darwin/2") for n in range(30)]
    person = hit(ip_hash="address-2")
    busy = busy_addresses([*farm, person], limit=20)
    assert busy == {"address-1"}
    rules = replace(RULES, excluded_addresses=busy)
    assert [d.ip_hash for d in count_downloads([*farm, person], rules)] == ["address-2"]


def test_a_member_may_fetch_a_whole_archive_in_a_day() -> None:
    archive = [hit(episode_key=str(n), member_id=7) for n in range(30)]
    assert busy_addresses(archive, limit=20) == frozenset()
