"""A shop to move into, and the exports of other hosts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from podcast_server.moving.members.apply import carry_on
from podcast_server.moving.members.columns import entries
from podcast_server.moving.members.imports import Desk, begin_import, grounds_of, read_table
from podcast_server.moving.members.models import ImportedRow, MemberImport
from podcast_server.moving.members.targets import Choices
from podcast_server.moving.members.verdicts import Verdict, judge
from tests.podcast_server.billing.conftest import account, post, shop, stripe_shop
from tests.podcast_server.billing.shop import Shop

__all__ = ["account", "post", "shop", "stripe_shop"]

SAMPLES = Path(__file__).parent / "samples"
SECRET = b"old paths"


def sample(name: str, **ids: str) -> bytes:
    """An export, with ids of the payment provider put in."""
    text = (SAMPLES / f"{name}.csv").read_text()
    for key, value in ids.items():
        text = text.replace(f"{{{key}}}", value)
    return text.encode()


def table(*rows: str, header: str = "email,name,plan,until") -> bytes:
    """A table as people make them."""
    return "\n".join([header, *rows]).encode()


@dataclass
class Mover:
    """Somebody who moves into a shop."""

    shop: Shop

    @property
    def desk(self) -> Desk:
        return Desk(self.shop.till, SECRET)

    @property
    def choices(self) -> Choices:
        """Everybody may hear the show."""
        return Choices(default=f"show:{self.shop.show.slug}")

    def look(self, data: bytes, choices: Choices | None = None) -> list[Verdict]:
        """The dry run."""
        choices = choices or self.choices
        read = read_table(data, choices)
        with self.shop.till.reading() as session:
            grounds = grounds_of(session, self.desk, read, choices, self.shop.now)
            return list(judge(session, entries(read.sheet, read.columns), grounds))

    def words(self, data: bytes, choices: Choices | None = None) -> dict[str, str]:
        """Who comes to which verdict, with the reason if there is one."""
        return {
            verdict.email or verdict.entry.email: f"{verdict.word} {verdict.reason}".strip()
            for verdict in self.look(data, choices)
        }

    def begin(self, data: bytes, choices: Choices | None = None) -> int:
        with self.shop.session() as session:
            return begin_import(
                session,
                data,
                choices or self.choices,
                file_name="members.csv",
                by="cli",
                now=self.shop.now,
            ).id

    def bring(self, data: bytes, choices: Choices | None = None) -> int:
        """Apply it; the number of the import."""
        number = self.begin(data, choices)
        carry_on(self.desk, number, self.shop.now)
        return number

    def row(self, number: int, email: str) -> ImportedRow:
        with self.shop.session() as session:
            return session.scalars(
                select(ImportedRow).where(
                    ImportedRow.import_id == number, ImportedRow.email == email
                )
            ).one()

    def count(self, model: type[Any]) -> int:
        with self.shop.session() as session:
            return len(session.scalars(select(model)).all())

    def imported(self, number: int) -> MemberImport:
        with self.shop.session() as session:
            return session.get_one(MemberImport, number)


@pytest.fixture
def mover(shop: Shop) -> Mover:
    return Mover(shop)


@pytest.fixture
def stripe_mover(stripe_shop: Shop) -> Mover:
    return Mover(stripe_shop)
