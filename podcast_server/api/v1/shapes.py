"""What goes in and out. Times are ISO 8601 with an offset, UTC on the way out; sizes in bytes,
durations in seconds."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Audience = Literal["free", "members", "tiers", "sale"]
EpisodeType = Literal["full", "trailer", "bonus"]


class In(BaseModel):
    """Something sent to us. Unknown fields are refused, so that a typing error cannot hide."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Problem(BaseModel):
    """What went wrong (RFC 9457). ``fields`` names what to mend, where that is known."""

    title: str
    status: int
    fields: dict[str, str] = {}


class Tier(BaseModel):
    """A level of membership."""

    id: int
    name: str


class Link(BaseModel):
    """A place elsewhere on the web; without a name it has its host's."""

    text: str = Field(default="", max_length=64)
    url: str = Field(min_length=1, max_length=2000)


class Show(BaseModel):
    """A podcast. ``funding_url`` empty: apps lead to its page here, where one becomes a member."""

    slug: str
    title: str
    description: str
    language: str
    time_zone: str
    podcast_guid: str
    feed: str
    page: str
    tiers: list[Tier]
    funding_url: str
    funding_text: str
    links: list[Link]


class ShowChange(In):
    """What shall be otherwise; what is left out stays. ``links`` are all of them."""

    funding_url: str | None = Field(default=None, max_length=2000)
    funding_text: str | None = Field(default=None, max_length=128)
    links: list[Link] | None = Field(default=None, max_length=12)


class Audio(BaseModel):
    """An episode's audio as it is published."""

    mime: str
    bytes: int
    seconds: float
    sha256: str


class Episode(BaseModel):
    """An episode with everything that is written about it."""

    key: str
    guid: str
    title: str
    notes: str
    status: Literal["draft", "scheduled", "published", "withdrawn", "deleted"]
    audience: Audience
    tier_ids: list[int]
    publish_at: datetime | None
    public_at: datetime | None
    season: int | None
    number: int | None
    type: EpisodeType
    explicit: bool | None
    link: str
    audio: Audio | None
    chapters: list[dict[str, Any]]
    persons: list[dict[str, Any]]


class EpisodeChange(In):
    """What shall be otherwise; what is left out stays."""

    title: str | None = Field(default=None, min_length=1, max_length=255)
    notes: str | None = Field(default=None, max_length=50_000)
    audience: Audience | None = None
    tier_ids: list[int] | None = Field(default=None, max_length=100)
    public_at: AwareDatetime | None = None
    season: int | None = Field(default=None, ge=1)
    number: int | None = Field(default=None, ge=1)
    type: EpisodeType | None = None
    explicit: bool | None = None
    link: str | None = Field(default=None, max_length=2000)
    chapters: list[dict[str, Any]] | None = Field(default=None, max_length=1000)
    persons: list[dict[str, Any]] | None = Field(default=None, max_length=50)


class NewEpisode(EpisodeChange):
    """A draft; its audio comes in a second request."""

    title: str = Field(min_length=1, max_length=255)


class Publication(In):
    """When it comes out; at once if nothing is said."""

    at: AwareDatetime | None = None


class Upload(BaseModel):
    """Audio that has arrived and is examined."""

    key: str
    state: Literal["receiving", "examining", "ready", "refused", "used"]
    reason: str
    episode: str


class Member(BaseModel):
    """Somebody with something to do with the show."""

    id: int
    email: str
    name: str
    state: str
    since: datetime
    last_fetched: datetime | None


class Page(BaseModel):
    """One page of members, newest first."""

    members: list[Member]
    total: int
    page: int
    pages: int


class Membership(In):
    """A membership given by hand."""

    email: str = Field(min_length=3, max_length=320)
    name: str = Field(default="", max_length=255)
    tier_id: int | None = None
    until: AwareDatetime | None = None
    reason: str = Field(min_length=1, max_length=255)


class Feed(BaseModel):
    """A membership's private feed. The address is as good as a password."""

    member_id: int
    feed: str


class Ending(In):
    """Why a membership given by hand ends."""

    reason: str = Field(min_length=1, max_length=255)


class DayCount(BaseModel):
    """Downloads of one day (UTC), counted as docs/downloads.md says."""

    day: date
    downloads: int
