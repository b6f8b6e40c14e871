"""Where things are on a server: the addresses that feeds and pages name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where things are on this server. ``public_url`` has no trailing slash."""

    public_url: str

    def private_feed(self, token: str) -> str:
        """A member's feed."""
        return f"{self.public_url}/f/{token}"

    def public_feed(self, slug: str) -> str:
        """A show's public feed."""
        return f"{self.public_url}/shows/{slug}/feed.xml"

    def show(self, slug: str) -> str:
        """A show's page."""
        return f"{self.public_url}/shows/{slug}"

    def episode(self, slug: str, key: str) -> str:
        """An episode's page."""
        return f"{self.public_url}/shows/{slug}/{key}"

    def media(self, token: str | None, name: str) -> str:
        """Audio, chapters or a transcript: behind a media token, or public for None."""
        return (
            f"{self.public_url}/m/{token}/{name}" if token else f"{self.public_url}/listen/{name}"
        )

    def renew(self, token: str) -> str:
        """Where a notice in a feed leads: the way back in."""
        return f"{self.public_url}/m/{token}/renew"

    def report(self, token: str) -> str:
        """Where a feed in wrong hands is reported."""
        return f"{self.public_url}/report/{token}"

    def artwork(self, key: str) -> str:
        """A cover, public."""
        name = key.removeprefix("shows/")
        return f"{self.public_url}/art/{name}"
