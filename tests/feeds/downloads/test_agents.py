"""User agents told apart as apps, browsers, libraries, bots and servers of apps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.downloads.agents import LONGEST_NAME, built_in_agents, feed_app

classify = built_in_agents()

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1"
DESKTOP = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36"


@pytest.mark.parametrize(
    ("user_agent", "name", "device"),
    [
        ("Overcast/3.0 (+http://overcast.fm/; iOS podcast app)", "Overcast", "mobile"),
        ("Overcast (+http://overcast.fm/; Apple Watch podcast app)", "Overcast", "watch"),
        ("Pocket Casts", "Pocket Casts", ""),
        ("Pocket%20Casts/7.96 CFNetwork/3826.6 Darwin/24.6.0", "Pocket Casts", "mobile"),
        (f"{DESKTOP[:60]} PocketCasts/2.2.0 Chrome/144.0 Safari/537", "Pocket Casts", "computer"),
        ("AntennaPod/3.5.0", "AntennaPod", "mobile"),
        ("Castro 2020.14/1287", "Castro", ""),
        ("Castamatic/3847 CFNetwork/1240.0.4 Darwin/20.6.0", "Castamatic", "mobile"),
        ("Downcast/2.9.57 (Mac OS X Version 10.15.7)", "Downcast", "computer"),
        ("PodcastAddict/v5 (+https://podcastaddict.com/; Android app)", "Podcast Addict", "mobile"),
        ("gPodder/3.11.1 (+http://gpodder.org/) Linux", "gPodder", "computer"),
        ("Podcasts/1410.53 CFNetwork/1111 Darwin/19.0.0 (x86_64)", "Apple Podcasts", "computer"),
        ("Подкасты/1530.3 CFNetwork/1209 Darwin/20.2.0", "Apple Podcasts", "mobile"),
        ("AirPodcasts/4022.7 CFNetwork/1410 Darwin/22.6.0", "Apple Podcasts", "smart_speaker"),
        ("Spotify/8.7.10 iOS/15.3.1 (iPhone13,2)", "Spotify", "mobile"),
        ("Brand%20New%20Pod/12 CFNetwork/1410.0.3 Darwin/22.6.0", "Brand New Pod", "mobile"),
    ],
)
def test_apps_are_known_with_their_device(user_agent: str, name: str, device: str) -> None:
    agent = classify(user_agent)
    assert (agent.name, agent.kind, agent.device) == (name, "app", device)
    assert not agent.bot


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Overcast/1.0 Podcast Sync (1 subscribers; feed-id=12; +http://overcast.fm/)", "Overcast"),
        ("Overcast%20Transcriber/1 CFNetwork/3855.100.1 Darwin/25.0.0", "Overcast"),
        ("PocketCasts/1.0 (Pocket Casts Feed Parser; +http://pocketcasts.com/)", "Pocket Casts"),
        ("Castro 2 Episode Fetcher Tentacles", "Castro"),
        ("iTMS", "Apple Podcasts"),
        ("itms", "Apple Podcasts"),
        ("Spotify/1.0", "Spotify"),
        ("CastboxFeedParser/1.0", "Castbox"),
        ("PlayerFM/1.0 Podcast Sync (0 subscribers; url=https://player.fm/x)", "Player FM"),
        ("PodbeanFeedReader/6.0 (Feed Parser)", "Podbean"),
        ("Podverse/Feed Parser", "Podverse"),
        ("downcast feed consumer/0.0.175", "Downcast"),
    ],
)
def test_the_server_of_an_app_is_a_bot_that_still_names_the_app(user_agent: str, name: str) -> None:
    agent = classify(user_agent)
    assert agent.bot
    assert agent.server_crawler
    assert agent.name == name
    assert feed_app(user_agent) == name


@pytest.mark.parametrize(
    "user_agent",
    [
        "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
        "Mozilla/5.0 (iPhone; CPU) Safari/604.1 (compatible; Googlebot/2.1; +http://g.co)",
        f"{DESKTOP} HeadlessChrome/120.0",
        "Mozilla/5.0 (compatible; BrandNew/1.0; +https://example.org/about)",
        "curl/8.4.0",
        "Wget/1.21",
        "Go-http-client/2.0",
        "podcast-transcriber/1.0",
    ],
)
def test_bots_are_known_and_are_no_servers_of_apps(user_agent: str) -> None:
    agent = classify(user_agent)
    assert agent.bot
    assert not agent.server_crawler


@pytest.mark.parametrize(
    ("user_agent", "name", "device"),
    [
        (IPHONE, "Safari", "mobile"),
        (DESKTOP, "Chrome", "computer"),
        (f"{DESKTOP} Edg/120.0", "Edge", "computer"),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0",
            "Firefox",
            "computer",
        ),
    ],
)
def test_browsers_are_known(user_agent: str, name: str, device: str) -> None:
    agent = classify(user_agent)
    assert (agent.name, agent.kind, agent.device) == (name, "browser", device)


def test_an_apple_app_called_like_a_bot_is_still_an_app() -> None:
    assert not classify("Tweetbot/53300 CFNetwork/1335.0.3 Darwin/21.6.0").bot


def test_a_media_library_is_no_app() -> None:
    agent = classify("AppleCoreMedia/1.0.0.17J586 (Apple TV; U; CPU OS 13_0 like Mac OS X)")
    assert (agent.name, agent.kind, agent.device) == ("AppleCoreMedia", "library", "smart_tv")


def test_a_name_becomes_a_slug() -> None:
    assert classify("Pocket Casts").slug == "pocket-casts"
    assert classify("icatcher/4506 CFNetwork/609 Darwin/13").slug == "icatcher"


@pytest.mark.parametrize(
    ("user_agent", "expected"),
    [
        ("", ""),
        ("MyReader/2.1 (Linux)", "MyReader"),
        ("Some Reader", "Some Reader"),
        ("x" * 900, "x" * LONGEST_NAME),
    ],
)
def test_a_feed_is_fetched_by_an_app_with_a_short_name(user_agent: str, expected: str) -> None:
    assert feed_app(user_agent) == expected


@given(st.text(max_size=700))
def test_no_user_agent_is_too_strange_to_classify(text: str) -> None:
    agent = classify(text)
    assert agent.kind in {"app", "browser", "library", "bot", "unknown", "malformed"}
    assert len(feed_app(text)) <= LONGEST_NAME
    assert len(agent.name) <= LONGEST_NAME
