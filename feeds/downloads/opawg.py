"""A newer list of user agents, in the format of the Open Podcast Analytics Working Group.

The list is a set of JSON files, ``bots.runtime.json`` and its sisters (user-agents-v2). The
operator names their folder, one of the files, or the address they are published under.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from feeds.downloads.agents import (
    LONGEST,
    MALFORMED,
    REMEMBERED,
    Agent,
    AgentKind,
    Classifier,
    Rule,
    built_in_agents,
    first_match,
    is_malformed,
    malformed_placeholders,
    own_servers,
)
from feeds.downloads.errors import AgentListError

# The order in which the list wants to be asked.
KINDS: tuple[tuple[str, AgentKind], ...] = (
    ("bots", "bot"),
    ("apps", "app"),
    ("libraries", "library"),
    ("browsers", "browser"),
)
FILES = (*(name for name, _ in KINDS), "devices", "referrers")
LARGEST_FILE = 4 * 1024 * 1024  # bytes; the whole list is about 90 kB
LONGEST_PATTERN = 4000


@dataclass(frozen=True, slots=True)
class AgentList:
    """A list read and compiled: rules in asking order, devices, referrers of browsers."""

    agents: tuple[Rule, ...]
    devices: tuple[tuple[str, re.Pattern[str]], ...]
    referrers: tuple[tuple[str, re.Pattern[str]], ...]

    def find(self, user_agent: str, referrer: str = "") -> Agent | None:
        """The agent, its device and, for browsers only, the page it came from."""
        text = user_agent[:LONGEST]
        agent = first_match(self.agents, text)
        if agent is None:
            return None
        device = next((kind for kind, pattern in self.devices if pattern.search(text)), "")
        page = ""
        if referrer and agent.kind == "browser":
            page = next((n for n, p in self.referrers if p.search(referrer[:LONGEST])), "")
        return replace(agent, device=device, referrer=page)


def load_opawg(source: Path | str, fetch: Callable[[str], bytes] | None = None) -> AgentList:
    """Read a list from a folder, from one of its files, or with ``fetch`` from an address.

    ``fetch`` gets the address of one file and returns its bytes. Raises AgentListError when
    nothing can be read or an entry is not what the format says.
    """
    texts = _read_texts(source, fetch)
    entries = {name: _entries(name, text) for name, text in texts.items()}
    agents = [_agent_rule(name, kind, e) for name, kind in KINDS for e in entries.get(name, [])]
    return AgentList(
        agents=tuple(agents),
        devices=tuple(
            (e.get("category", ""), _pattern("devices", e)) for e in entries.get("devices", [])
        ),
        referrers=tuple(
            (e["name"], _pattern("referrers", e)) for e in entries.get("referrers", [])
        ),
    )


def agents_with(listed: AgentList) -> Classifier:
    """A classifier that asks the operator's list first and the built-in ones for the rest."""
    servers = own_servers()
    placeholders = malformed_placeholders()
    built_in = built_in_agents()

    @lru_cache(maxsize=REMEMBERED)
    def classify(user_agent: str) -> Agent:
        text = user_agent.strip()[:LONGEST]
        if is_malformed(text, placeholders):
            return MALFORMED
        # The list calls an app's server a bot of that name; the difference is ours to know.
        agent = listed.find(text)
        if agent is None or agent.bot:
            agent = first_match(servers, text) or agent
        return agent or built_in(text)

    return classify


def _read_texts(source: Path | str, fetch: Callable[[str], bytes] | None) -> dict[str, bytes]:
    address = str(source)
    if address.startswith(("http://", "https://")):
        return _fetch_texts(address, fetch)
    path = Path(source)
    files = [path] if path.is_file() else [path / f"{name}.runtime.json" for name in FILES]
    found = {file.name.partition(".")[0]: _read(file) for file in files if file.is_file()}
    if not any(name in found for name, _ in KINDS):
        raise AgentListError(f"{source}: holds none of bots.runtime.json, apps.runtime.json …")
    return found


def _fetch_texts(address: str, fetch: Callable[[str], bytes] | None) -> dict[str, bytes]:
    if fetch is None:
        raise AgentListError(f"{address}: this list must be a folder or a file here")
    if address.endswith(".json"):
        return {address.rpartition("/")[2].partition(".")[0]: fetch(address)}
    return {name: fetch(f"{address.rstrip('/')}/{name}.runtime.json") for name in FILES}


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(LARGEST_FILE + 1)
    except OSError as error:
        raise AgentListError(f"{file}: cannot be read ({error.strerror})") from error


def _entries(name: str, text: bytes) -> list[dict[str, Any]]:
    if len(text) > LARGEST_FILE:
        raise AgentListError(f"the list of {name} is larger than {LARGEST_FILE} bytes")
    try:
        entries = json.loads(text)["entries"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise AgentListError(f"the list of {name} is no JSON with entries") from error
    if not isinstance(entries, list) or not all(_is_entry(entry) for entry in entries):
        raise AgentListError(f"the list of {name} has an entry without name or pattern")
    return entries


def _is_entry(entry: object) -> bool:
    if not isinstance(entry, dict):
        return False
    texts = (entry.get("name"), entry.get("pattern"), entry.get("category", ""))
    return all(isinstance(text, str) for text in texts)


def _agent_rule(name: str, kind: AgentKind, entry: dict[str, Any]) -> Rule:
    # Some libraries are only ever used by programs nobody listens with.
    bot = kind == "bot" or entry.get("category") == "bot"
    return Rule(_pattern(name, entry), Agent(entry["name"], kind, bot))


def _pattern(name: str, entry: dict[str, Any]) -> re.Pattern[str]:
    text = entry["pattern"]
    if len(text) > LONGEST_PATTERN:
        raise AgentListError(f"{name}, {entry['name']}: the pattern is too long")
    try:
        return re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        raise AgentListError(f"{name}, {entry['name']}: {error}") from error
