"""Memberships for a fixed time say so before they end and when they have; welcomes add at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from episodes.models import Show
from feeds.models import Grant
from podcast_server.accounts.models import Member
from podcast_server.billing.letters import post_payment_letters
from podcast_server.jobs.schedule import work_off_payments
from podcast_server.mail.payment_letters import welcome_letter
from podcast_server.services import Services
from tests.builders import build_member, give_membership
from tests.conftest import Clock
from tests.podcast_server.conftest import Letters


@pytest.fixture
def gifted(session: Session, show: Show, clock: Clock) -> Member:
    """Somebody whose membership runs for ten days more."""
    member = build_member(session, clock.now, "gifted@example.org")
    give_membership(session, member, show, clock.now, ends_at=clock.now + timedelta(days=10))
    session.commit()
    return member


def post(services: Services, clock: Clock) -> int:
    return post_payment_letters(services.till, "My podcasts", clock.now, dunning=True)


def kinds(letters: Letters) -> list[str]:
    return [mail.kind for mail in letters.all()]


def test_three_days_before_the_end_and_after_it_there_is_one_mail_each(
    services: Services, clock: Clock, gifted: Member, letters: Letters, show: Show
) -> None:
    assert post(services, clock) == 0
    clock.advance(days=7)
    assert (post(services, clock), post(services, clock)) == (1, 0)
    assert kinds(letters) == ["ending"]
    assert "nothing is charged" in letters.newest().text
    assert letters.link() == f"/shows/{show.slug}#join"
    clock.advance(days=3)
    assert (post(services, clock), post(services, clock)) == (1, 0)
    assert kinds(letters) == ["ending", "ended"]
    clock.advance(days=30)
    assert post(services, clock) == 0


def test_what_another_membership_carries_on_does_not_end(
    services: Services, clock: Clock, gifted: Member, session: Session, show: Show
) -> None:
    give_membership(session, gifted, show, clock.now, scope="tier", scope_id=1)
    session.commit()
    for _ in range(3):
        clock.advance(days=5)
        assert post(services, clock) == 0


def test_the_end_of_a_subscription_is_told_by_its_own_letter(
    services: Services, clock: Clock, gifted: Member, session: Session
) -> None:
    for grant in session.query(Grant).filter_by(member_id=gifted.id):
        grant.source = "subscription:1"
    session.commit()
    clock.advance(days=11)
    assert post(services, clock) == 0


def test_a_membership_for_ever_ends_never(
    services: Services, clock: Clock, session: Session, show: Show
) -> None:
    member = build_member(session, clock.now)
    give_membership(session, member, show, clock.now)
    session.commit()
    clock.advance(days=400)
    assert post(services, clock) == 0


def test_the_scheduled_job_sends_them(
    services: Services, clock: Clock, gifted: Member, letters: Letters
) -> None:
    clock.advance(days=8)
    work_off_payments(services, clock.now)
    assert kinds(letters) == ["ending"]


def test_a_welcome_adds_the_feed_at_once_and_points_to_the_receipts() -> None:
    letter = welcome_letter("en", "Gold", "https://x/me", "https://x/me/billing", add="https://x/h")
    assert letter.action == ("Choose my app", "https://x/h")
    assert "Your receipts: https://x/me/billing" in letter.after
    assert "Later you find it here: https://x/me" in letter.after
    without = welcome_letter("en", "Gold", "https://x/me", "https://x/me/billing", add="")
    assert without.action == ("To my feed", "https://x/me")
