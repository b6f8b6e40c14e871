"""The links that add a feed, character by character."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest

from feeds.add_links import APPS, Device, add_links, detect_device

TOKEN = "pfabcdefghij234567" + "0123456789abcdef" * 2
B = f"pod.example.org/f/{TOKEN}"
F = f"https://{B}"
E = f"https%3A%2F%2Fpod.example.org%2Ff%2F{TOKEN}"

EXPECTED: dict[Device, dict[str, str | None]] = {
    "ios": {
        "apple": f"podcast://{B}",
        "overcast": f"overcast://x-callback-url/add?url={E}",
        "pocketcasts": f"pktc://subscribe/{F}",
        "castro": f"castros://subscribe/{B}",
        "downcast": f"downcast://{B}",
        "icatcher": f"icatcher://{B}",
        "rssradio": f"rssradio://{B}",
        "podcastguru": f"podcastguru://{B}",
    },
    "android": {
        "antennapod": f"intent://antennapod.org/deeplink/subscribe?url={E}"
        "#Intent;scheme=https;package=de.danoeh.antennapod;end",
        "pocketcasts": f"pktc://subscribehttps/{B}",
        "podcastaddict": f"podcastaddict://{B}",
        "podcastguru": f"podcastguru://{B}",
        "podkicker": f"podkicker://subscribe/{B}",
        "podcastrepublic": None,
    },
    "mac": {
        "apple": f"podcast://{B}",
        "overcast": f"overcast://x-callback-url/add?url={E}",
        "downcast": f"downcast://{B}",
        "pocketcasts": None,
        "gpodder": f"gpodder://{B}",
    },
    "desktop": {"gpodder": f"gpodder://{B}", "pocketcasts": None},
}


@pytest.mark.parametrize("device", EXPECTED)
def test_every_link_is_right_to_the_character_and_in_order(device: Device) -> None:
    links = add_links(F, device)
    assert {link.app: link.url for link in links} == EXPECTED[device]
    assert [link.app for link in links] == list(EXPECTED[device])


def test_a_server_at_a_port_without_https_gets_the_http_forms() -> None:
    feed = f"http://127.0.0.1:8000/f/{TOKEN}"
    ios = {link.app: link.url for link in add_links(feed, "ios")}
    android = {link.app: link.url for link in add_links(feed, "android")}
    assert ios["castro"] == f"castro://subscribe/127.0.0.1:8000/f/{TOKEN}"
    assert ios["pocketcasts"] == f"pktc://subscribe/http://127.0.0.1:8000/f/{TOKEN}"
    assert android["pocketcasts"] == f"pktc://subscribe/127.0.0.1:8000/f/{TOKEN}"


@pytest.mark.parametrize("device", APPS)
def test_no_link_sends_the_address_to_a_web_site(device: Device) -> None:
    for link in add_links(F, device):
        assert link.url is None or urlsplit(link.url).scheme not in {"http", "https"}


@pytest.mark.parametrize("device", APPS)
def test_every_link_carries_the_whole_token(device: Device) -> None:
    for link in add_links(F, device):
        assert link.url is None or B in unquote(link.url)


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Safari/604.1", "ios"),
        ("Mozilla/5.0 (iPad; CPU OS 12_0 like Mac OS X)", "ios"),
        ("Mozilla/5.0 (Linux; Android 15; Pixel 9) Chrome/140 Mobile", "android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari/605", "mac"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Firefox/140.0", "desktop"),
        ("", "desktop"),
    ],
)
def test_the_device_is_told_from_the_browser(agent: str, device: str) -> None:
    assert detect_device(agent) == device
