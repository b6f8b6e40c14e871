"""Who asks: a user agent named as an app, a browser, a library or a bot, by lists of data."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Literal
from urllib.parse import unquote

import crawleruseragents
import podcast_app_user_agents

AgentKind = Literal["app", "browser", "library", "bot", "unknown", "malformed"]
Classifier = Callable[[str], "Agent"]

# Longer text only costs time in regular expressions; no honest user agent needs it.
LONGEST = 512
LONGEST_NAME = 80
OTHER = "Other"
REMEMBERED = 8192

_DEVICES_OF_PACKAGE = {
    "phone": "mobile",
    "tablet": "mobile",
    "mp3_player": "mobile",
    "pc": "computer",
    "speaker": "smart_speaker",
    "radio": "smart_speaker",
    "watch": "watch",
    "tv": "smart_tv",
    "games_console": "smart_tv",
}
_BUNDLE = re.compile(r"^([^/()]{1,60})/[^ ]* CFNetwork/")
_LETTER = re.compile(r"[^\W\d_]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Agent:
    """What a user agent says about who asks.

    ``bot`` is everything nobody listens with; ``server_crawler`` those bots that are the
    server of a podcast app, so that a fetch of theirs still tells the listener's app.
    ``device`` is mobile, computer, smart_speaker, smart_tv, watch, auto or "".
    """

    name: str
    kind: AgentKind
    bot: bool = False
    server_crawler: bool = False
    device: str = ""
    referrer: str = ""

    @property
    def slug(self) -> str:
        """The name as it stands in addresses and files: ``pocket-casts``."""
        return re.sub(r"[\W_]+", "-", self.name.lower()).strip("-")


@dataclass(frozen=True, slots=True)
class Rule:
    """One pattern of a list and the agent it stands for."""

    pattern: re.Pattern[str]
    agent: Agent


MALFORMED = Agent("", "malformed")


def first_match(rules: Iterable[Rule], text: str) -> Agent | None:
    """The agent of the first rule whose pattern is found in the text."""
    for rule in rules:
        if rule.pattern.search(text):
            return rule.agent
    return None


@cache
def built_in_agents() -> Classifier:
    """The classifier of the packaged lists and our own table, with a memory of the last agents."""
    table = _own_table()
    own = [_own_rule(entry) for entry in table["agent"]]
    browsers = [
        Rule(re.compile(e["pattern"]), Agent(e["name"], "browser")) for e in table["browser"]
    ]
    devices = [(e["kind"], re.compile(e["pattern"])) for e in table["device"]]
    packaged = _packaged_rules(frozenset(table["no_apps"]))
    malformed = frozenset(table["malformed"])
    bot_words = [re.compile(word) for word in table["bot_words"]]

    @lru_cache(maxsize=REMEMBERED)
    def classify(user_agent: str) -> Agent:
        text = user_agent.strip()[:LONGEST]
        if is_malformed(text, malformed):
            return MALFORMED
        agent = (
            first_match(own, text)
            or first_match(packaged, text)
            or _apple_app(text)
            or _crawler(text, bot_words)
            or first_match(browsers, text)
            or Agent(OTHER, "unknown")
        )
        return agent if agent.device else replace(agent, device=_device(devices, text))

    return classify


def is_malformed(text: str, placeholders: frozenset[str]) -> bool:
    """Whether the text cannot be the name of a program: empty, a placeholder, or garbage."""
    return (
        text.lower() in placeholders
        or _LETTER.search(text) is None
        or _CONTROL.search(text) is not None
    )


def feed_app(user_agent: str, classify: Classifier | None = None) -> str:
    """The app that fetches a feed, for people: "Overcast" also when Overcast's server asks.

    Text no list knows gives the product's own name; never longer than 80 characters.
    """
    agent = (classify or built_in_agents())(user_agent)
    if agent.kind == "malformed":
        return ""
    if agent.name != OTHER:
        return agent.name[:LONGEST_NAME]
    product = re.split(r"[/(;]", user_agent.strip()[:LONGEST], maxsplit=1)[0]
    return product.strip()[:LONGEST_NAME] or OTHER


def storable(text: str) -> str:
    """A user agent as every database takes it, not longer than 512 characters."""
    # PostgreSQL takes neither NUL nor half of a surrogate pair.
    return text[:LONGEST].replace("\x00", "�").encode("utf-8", "replace").decode("utf-8")


def own_servers() -> list[Rule]:
    """The servers of podcast apps in our own table; no other list tells them from bots."""
    return [
        rule for entry in _own_table()["agent"] if (rule := _own_rule(entry)).agent.server_crawler
    ]


def malformed_placeholders() -> frozenset[str]:
    """Texts that programs send in place of a user agent."""
    return frozenset(_own_table()["malformed"])


@cache
def _own_table() -> dict[str, Any]:
    file = resources.files("feeds.downloads.rules").joinpath("agents.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _own_rule(entry: dict[str, str]) -> Rule:
    server = entry["kind"] == "server"
    bot = server or entry["kind"] == "bot"
    kind: AgentKind = "bot" if bot else "library" if entry["kind"] == "library" else "app"
    agent = Agent(entry["name"], kind, bot, server, entry.get("device", ""))
    return Rule(re.compile(entry["pattern"]), agent)


def _packaged_rules(no_apps: frozenset[str]) -> list[Rule]:
    rules = []
    for entry in podcast_app_user_agents.Parser().patterns:
        bot = bool(entry.get("bot"))
        name = entry.get("app") or (bot and "bot")
        if not name or name in no_apps:
            continue
        device = _DEVICES_OF_PACKAGE.get(entry.get("device", ""), "")
        agent = Agent(str(name), "bot" if bot else "app", bot, device=device)
        rules += [Rule(pattern, agent) for pattern in entry["user_agents"]]
    return rules


def _apple_app(text: str) -> Agent | None:
    # Apple's network library signs for the app: "My%20Pod/12 CFNetwork/1410 Darwin/22".
    bundle = _BUNDLE.match(text)
    return Agent(unquote(bundle[1])[:LONGEST_NAME], "app") if bundle else None


def _crawler(text: str, bot_words: Sequence[re.Pattern[str]]) -> Agent | None:
    if crawleruseragents.is_crawler(text):
        found = crawleruseragents.CRAWLER_PATTERNS.case_sensitive.search(text)
        return Agent(found[0].strip("/ ;(")[:LONGEST_NAME] or "bot", "bot", bot=True)
    if any(words.search(text) for words in bot_words):
        return Agent("bot", "bot", bot=True)
    return None


def _device(devices: Sequence[tuple[str, re.Pattern[str]]], text: str) -> str:
    return next((kind for kind, pattern in devices if pattern.search(text)), "")
