"""Signed addresses: the same for everybody all through a window. No server is needed here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from episodes.storage.base import StorageSettings, Upload
from episodes.storage.s3 import S3Storage, signing
from episodes.storage.s3.signing import content_disposition

KEY = "shows/1/episodes/abc/audio-1.mp3"
SETTINGS: dict[str, Any] = {
    "backend": "s3",
    "bucket": "audio",
    "endpoint": "http://127.0.0.1:9000",
    "access_key": "AK",
    "secret_key": "SK",
}
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def open_s3(**changes: Any) -> S3Storage:
    return S3Storage(StorageSettings(**{**SETTINGS, **changes}))


def sign(storage: S3Storage, now: datetime = NOON, **changes: Any) -> str:
    url = storage.presigned_get(
        **{"key": KEY, "now": now, "content_type": "audio/mpeg", "filename": "", **changes}
    )
    assert url is not None
    return url


def query(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def test_an_address_is_the_same_all_through_its_window() -> None:
    storage = open_s3()
    assert sign(storage) == sign(storage, NOON + timedelta(minutes=59, seconds=59))
    assert sign(storage) != sign(storage, NOON + timedelta(minutes=60))


@pytest.mark.parametrize("window", [60, 3600, 86400])
def test_windows_begin_at_the_multiples_of_their_length(window: int) -> None:
    storage = open_s3(url_window=window)
    assert storage.address_window == window
    begins = NOON - timedelta(seconds=NOON.timestamp() % window)
    assert sign(storage, begins) != sign(storage, begins - timedelta(seconds=1))
    assert sign(storage, begins) == sign(storage, begins + timedelta(seconds=window - 1))


@pytest.mark.thorough
def test_every_process_makes_the_same_address() -> None:
    assert sign(open_s3(), NOON + timedelta(minutes=1)) == sign(
        open_s3(), NOON + timedelta(minutes=40)
    )


def test_an_address_outlives_its_window_by_hours() -> None:
    values = query(sign(open_s3(), NOON + timedelta(minutes=59)))
    start = datetime.strptime(values["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    expiry = start + timedelta(seconds=int(values["X-Amz-Expires"]))
    assert expiry == NOON + timedelta(hours=1 + 6)


def test_the_window_and_the_grace_are_settings() -> None:
    storage = open_s3(url_window=86400, url_grace=3600)
    assert sign(storage, NOON) == sign(storage, NOON + timedelta(hours=11))
    assert query(sign(storage))["X-Amz-Expires"] == str(86400 + 3600)


def test_without_keys_of_its_own_a_machine_signs_for_a_short_window(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ROLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "SK")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "TOKEN")
    storage = open_s3(access_key="", secret_key="")
    assert storage.address_window == signing.ROLE_WINDOW
    assert sign(storage) != sign(storage, NOON + timedelta(seconds=signing.ROLE_WINDOW))
    assert query(sign(storage))["X-Amz-Security-Token"] == "TOKEN"


def test_the_secret_is_not_in_the_address() -> None:
    secret = "s" * 40
    assert secret not in sign(open_s3(secret_key=secret))


@pytest.mark.thorough
def test_objects_types_and_names_have_addresses_of_their_own() -> None:
    storage = open_s3()
    urls = {
        sign(storage),
        sign(storage, key="shows/1/other.mp3"),
        sign(storage, content_type="audio/mp4"),
        sign(storage, filename="Episode 1.mp3"),
    }
    assert len(urls) == 4


def test_the_address_has_prefix_bucket_and_public_endpoint() -> None:
    storage = open_s3(prefix="podcasts", public_endpoint="https://media.example.org")
    assert sign(storage).startswith(f"https://media.example.org/audio/podcasts/{KEY}?")


def test_the_bucket_may_be_part_of_the_host() -> None:
    storage = open_s3(endpoint="", region="eu-west-3")
    assert sign(storage).startswith(f"https://audio.s3.eu-west-3.amazonaws.com/{KEY}?")


def test_old_addresses_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing, "CACHE_SIZE", 3)
    storage = open_s3()
    for number in range(10):
        sign(storage, key=f"{number}.mp3")
        sign(storage, key="0.mp3", now=NOON + timedelta(hours=number))
    assert len(storage._signer._kept) == 3


@pytest.mark.thorough
def test_a_part_has_an_address_to_put_it_to_for_an_hour() -> None:
    storage = open_s3()
    url = storage.presigned_part(Upload(KEY, "an-id"), 3, NOON)
    assert url is not None
    values = query(url)
    assert (values["uploadId"], values["partNumber"]) == ("an-id", "3")
    assert (values["X-Amz-Date"], values["X-Amz-Expires"]) == ("20260601T120000Z", "3600")


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80))
def test_a_file_name_in_any_alphabet_stays_inside_its_header(name: str) -> None:
    header = content_disposition(name)
    assert header.isascii()
    assert header.isprintable()
    plain, extended = header.removeprefix('inline; filename="').split("\"; filename*=UTF-8''")
    assert '"' not in plain
    assert "\\" not in plain
    assert unquote(extended) == name


@pytest.mark.parametrize("now", [NOON, datetime(2026, 6, 1, 14, tzinfo=UTC)])
def test_a_signature_is_what_botocore_signs(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """Same address as botocore's own call, had it been made at the window's start."""
    storage = open_s3()
    ours = sign(storage, now)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: now.replace(tzinfo=None))
    theirs = storage._bucket.client.generate_presigned_url(
        "get_object",
        Params={"Bucket": "audio", "Key": KEY, "ResponseContentType": "audio/mpeg"},
        ExpiresIn=7 * 3600,
    )
    assert ours == theirs
