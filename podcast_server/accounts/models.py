"""The tables of people: members, their ways in, and their sessions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from episodes.db import Base, UTCDateTime


class Member(Base):
    """A listener we know by e-mail address. Their rights are grants, their feeds rows of feeds."""

    __tablename__ = "members"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(320), unique=True)
    name: Mapped[str] = mapped_column(String(255), default="")
    locale: Mapped[str] = mapped_column(String(16), default="en")
    note: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class EpisodeMails(Base):
    """One member's choice for the mails of one show. Without a row they get none.

    ``told_until``: episodes that came out later have not been mailed yet, which is what
    drives the sending, so that a crash neither loses nor doubles a mail.
    """

    __tablename__ = "episode_mails"

    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), primary_key=True)
    show_id: Mapped[int] = mapped_column(ForeignKey("shows.id"), primary_key=True, index=True)
    choice: Mapped[str] = mapped_column(String(16), default="never")  # each, weekly, never
    told_until: Mapped[datetime] = mapped_column(UTCDateTime)


class PlayPosition(Base):
    """How far a member got in an episode in the browser: the second to go on from."""

    __tablename__ = "play_positions"

    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), primary_key=True)
    episode_id: Mapped[int] = mapped_column(ForeignKey("episodes.id"), primary_key=True)
    seconds: Mapped[int] = mapped_column(default=0)
    finished: Mapped[bool] = mapped_column(default=False)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime)


class SignInRequest(Base):
    """Somebody asked to be let in. Only hashes are kept of what lets them in."""

    __tablename__ = "sign_in_requests"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(320), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    code_hash: Mapped[str] = mapped_column(String(64))
    # The browser that asked; another one has to know the code as well.
    browser_hash: Mapped[str] = mapped_column(String(64), index=True)
    address_hash: Mapped[str] = mapped_column(String(64), index=True)
    language: Mapped[str] = mapped_column(String(16))
    next_path: Mapped[str] = mapped_column(String(500), default="")
    purpose: Mapped[str] = mapped_column(String(16), default="member", server_default="member")
    # Set when the request is to join a show's free plan.
    show_id: Mapped[int | None] = mapped_column(ForeignKey("shows.id"))
    offer_id: Mapped[str] = mapped_column(String(80), default="")
    wrong_codes: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class SignIn(Base):
    """A browser that is signed in as somebody, until it ends or is ended from elsewhere."""

    __tablename__ = "sign_ins"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    device: Mapped[str] = mapped_column(String(120), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
