"""From the setting ``downloads.agent_list`` to the classifier that all counting uses."""

from __future__ import annotations

import httpx

from feeds.downloads.agents import Classifier, built_in_agents
from feeds.downloads.errors import AgentListError
from feeds.downloads.opawg import LARGEST_FILE, agents_with, load_opawg

TIMEOUT = 20.0  # seconds for one file of a list


def choose_agents(source: str) -> Classifier:
    """The built-in lists, or with ``source`` (folder, file or https address) a newer one first.

    Raises AgentListError when the list cannot be read; the caller decides whether to go on
    with ``built_in_agents()``.
    """
    if not source:
        return built_in_agents()
    return agents_with(load_opawg(source, fetch_file))


def fetch_file(address: str) -> bytes:
    """One file of a published list. Raises AgentListError if it is away or much too large."""
    try:
        with httpx.stream("GET", address, timeout=TIMEOUT, follow_redirects=True) as answer:
            answer.raise_for_status()
            return _read_bounded(address, answer)
    except httpx.HTTPError as error:
        raise AgentListError(f"{address}: cannot be fetched ({error})") from error


def _read_bounded(address: str, answer: httpx.Response) -> bytes:
    content = bytearray()
    for chunk in answer.iter_bytes():
        content += chunk
        if len(content) > LARGEST_FILE:
            raise AgentListError(f"{address}: larger than {LARGEST_FILE} bytes")
    return bytes(content)
