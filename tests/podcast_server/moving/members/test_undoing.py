"""Taking a whole import back: what it gave, and only that."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from feeds.models import Access, Grant, LedgerEntry, PrivateFeed
from podcast_server.accounts.models import Member, SignInRequest
from podcast_server.accounts.sessions import start_session
from podcast_server.billing.models import Payment, PaymentLetter, RemoteCustomer, Subscription
from podcast_server.billing.reconcile import reconcile
from podcast_server.moving.members import undo
from podcast_server.moving.members.errors import NoSuchImport
from podcast_server.moving.members.forget import forget_imported, forget_old_imports
from podcast_server.moving.members.imports import begin_import, find_import
from podcast_server.moving.members.models import ImportedRow, MemberImport, MovedPath
from podcast_server.moving.members.targets import Choices
from podcast_server.moving.members.undo import begin_undo, carry_on_undoing
from tests.builders import build_member, give_membership
from tests.podcast_server.billing.post import Post
from tests.podcast_server.moving.members.conftest import Mover, sample, table
from tests.podcast_server.moving.members.test_adopting import EMAIL, Elsewhere, rows

PEOPLE = table("a@example.org,,,", "b@example.org,,,")


def take_back(mover: Mover, number: int) -> None:
    with mover.shop.session() as session:
        begin_undo(session, find_import(session, number))
    carry_on_undoing(mover.desk, number, mover.shop.now)


@pytest.mark.both_databases
def test_people_who_never_did_anything_are_gone_without_a_trace(mover: Mover) -> None:
    number = mover.bring(sample("supercast"))
    take_back(mover, number)
    for model in (Member, Grant, Access, LedgerEntry, PrivateFeed, MovedPath):
        assert mover.count(model) == 0
    assert mover.imported(number).state == "undone"


def test_who_was_a_member_before_stays_one_and_keeps_their_own(mover: Mover) -> None:
    with mover.shop.session() as session:
        member = build_member(session, mover.shop.now, "a@example.org")
        give_membership(session, member, mover.shop.show, mover.shop.now)
    take_back(mover, mover.bring(PEOPLE))
    assert mover.shop.hears("a@example.org")
    assert mover.shop.member("b@example.org") is None


def test_who_has_paid_since_keeps_what_they_paid_for(mover: Mover) -> None:
    plan = mover.shop.plan()
    number = mover.bring(PEOPLE)
    mover.shop.clock.advance(days=3)
    opened = mover.shop.join(plan.prices[0], "a@example.org")
    mover.shop.till.selling.confirm(mover.shop.ref(opened))  # type: ignore[attr-defined]
    mover.shop.finish(opened)
    assert mover.shop.subscription("a@example.org").status == "active"
    take_back(mover, number)
    assert mover.shop.hears("a@example.org")


@pytest.mark.parametrize("what", ["fetched", "signed in", "asked to", "noted", "named"])
def test_who_did_something_stays_without_what_was_given(mover: Mover, what: str) -> None:
    number = mover.bring(PEOPLE)
    with mover.shop.session() as session:
        member = session.scalars(select(Member).where(Member.email == "a@example.org")).one()
        feed = session.scalars(select(PrivateFeed).where(PrivateFeed.member_id == member.id)).one()
        now = mover.shop.now
        if what == "fetched":
            feed.first_fetched_at = now
        elif what == "signed in":
            start_session(session, member.id, device="phone", now=now)
        elif what == "asked to":
            session.add(
                SignInRequest(
                    email=member.email,
                    token_hash="t",
                    code_hash="c",
                    browser_hash="b",
                    address_hash="a",
                    language="en",
                    created_at=now,
                    expires_at=now,
                )
            )
        elif what == "noted":
            member.note = "sent me a cake"
        else:
            feed.name = "car"
    take_back(mover, number)
    assert mover.shop.member("a@example.org") is not None
    assert not mover.shop.hears("a@example.org")
    assert mover.shop.member("b@example.org") is None
    [*_, last] = mover.shop.ledger()
    assert (last.action, last.reason) == ("ended", f"import {number} (members.csv) undone")


def test_what_two_imports_gave_is_taken_back_one_by_one(mover: Mover) -> None:
    first = mover.bring(table("a@example.org,,,2026-07-01"))
    second = mover.bring(table("a@example.org,,,2026-09-01"))
    take_back(mover, first)
    assert mover.shop.hears("a@example.org")
    take_back(mover, second)
    assert mover.shop.member("a@example.org") is None or not mover.shop.hears("a@example.org")


def test_old_addresses_lead_nowhere_any_more(mover: Mover, client: FlaskClient) -> None:
    number = mover.bring(sample("supercast"))
    assert mover.count(MovedPath) == 2
    take_back(mover, number)
    assert mover.count(MovedPath) == 0


def test_killed_halfway_it_goes_on(mover: Mover, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undo, "_BATCH", 1)
    number = mover.bring(table(*(f"p{n}@example.org,,," for n in range(5))))
    take = undo._take_back
    steps = 0

    def dying(*args: object) -> None:
        nonlocal steps
        steps += 1
        if steps == 3:
            raise KeyboardInterrupt
        take(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(undo, "_take_back", dying)
    with pytest.raises(KeyboardInterrupt):
        take_back(mover, number)
    assert mover.imported(number).state == "undoing"
    assert mover.count(Member) == 3
    take_back(mover, number)
    assert mover.count(Member) == 0


def test_an_undone_import_can_be_made_anew(mover: Mover) -> None:
    first = mover.bring(PEOPLE)
    take_back(mover, first)
    second = mover.bring(PEOPLE)
    assert second != first
    assert mover.shop.hears("a@example.org")


def test_one_that_was_cut_off_can_be_taken_back(mover: Mover) -> None:
    number = mover.begin(PEOPLE)
    take_back(mover, number)
    assert mover.imported(number).state == "undone"
    assert mover.count(Member) == 0


def test_a_draft_has_nothing_to_take_back(mover: Mover) -> None:
    with mover.shop.session() as session:
        draft = begin_import(
            session, PEOPLE, mover.choices, file_name="x", by="o", now=mover.shop.now, draft=True
        )
        with pytest.raises(NoSuchImport):
            begin_undo(session, draft)


@pytest.fixture
def paid(stripe_mover: Mover, post: Post) -> tuple[Mover, Elsewhere, str, int]:
    """A subscription that was taken over: (mover, elsewhere, its id, the import)."""
    elsewhere = Elsewhere(post)
    pair = elsewhere.join()
    plan = stripe_mover.shop.plan()
    return (
        stripe_mover,
        elsewhere,
        pair[1],
        stripe_mover.bring(rows(pair), Choices(f"plan:{plan.slug}")),
    )


@pytest.mark.both_databases
def test_a_subscription_is_let_go_and_runs_on_at_stripe(
    paid: tuple[Mover, Elsewhere, str, int],
) -> None:
    mover, elsewhere, ref, number = paid
    take_back(mover, number)
    for model in (Subscription, Payment, PaymentLetter, RemoteCustomer, Member):
        assert mover.count(model) == 0
    assert elsewhere.stripe.v1.subscriptions.retrieve(ref).status == "active"
    assert reconcile(mover.shop.till, mover.shop.now).problems == []
    assert mover.count(Subscription) == 0


def test_a_subscription_that_was_paid_since_is_kept(
    paid: tuple[Mover, Elsewhere, str, int], post: Post
) -> None:
    mover, _, ref, number = paid
    post.let_time_pass(days=40)
    take_back(mover, number)
    assert mover.shop.subscription(EMAIL).ref == ref
    assert mover.shop.hears(EMAIL)
    assert mover.row(number, EMAIL).state == "kept"


def test_who_is_erased_is_erased_from_imports(mover: Mover) -> None:
    number = mover.bring(sample("supercast"))
    member = mover.shop.member(EMAIL)
    assert member is not None
    with mover.shop.session() as session:
        forget_imported(session, member.id, EMAIL)
    with mover.shop.session() as session:
        texts = {each.email for each in session.scalars(select(ImportedRow))}
    assert EMAIL not in texts
    assert mover.count(MovedPath) == 1
    assert mover.imported(number).state == "applied"


def test_drafts_and_names_are_not_kept_for_ever(mover: Mover) -> None:
    number = mover.bring(PEOPLE)
    with mover.shop.session() as session:
        begin_import(
            session, PEOPLE, mover.choices, file_name="x", by="o", now=mover.shop.now, draft=True
        )
    mover.shop.clock.advance(days=8)
    with mover.shop.session() as session:
        forget_old_imports(session, mover.shop.now)
    assert mover.count(MemberImport) == 1
    mover.shop.clock.advance(days=200)
    with mover.shop.session() as session:
        forget_old_imports(session, mover.shop.now)
    with mover.shop.session() as session:
        assert {each.email for each in session.scalars(select(ImportedRow))} == {""}
    assert mover.imported(number).state == "applied"
