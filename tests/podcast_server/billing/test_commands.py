"""`payments …` on the real command line, by hand and through Stripe."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from podcast_server.billing.checkout import Buyer, open_checkout
from podcast_server.billing.models import Checkout, PaymentEvent
from podcast_server.billing.plans import find_plan, membership_basket
from podcast_server.cli.main import root
from podcast_server.services import now_utc, open_services
from podcast_server.settings import load_settings
from tests.migrated import put_migrated_database
from tests.stripe_stand_in import KEY, StripeStandIn

Run = Callable[..., Result]
EMAIL = "ada@example.org"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A command in a fresh installation with one show."""
    monkeypatch.chdir(tmp_path)

    def invoke(*words: str, code: int = 0) -> Result:
        done = CliRunner().invoke(root, words, catch_exceptions=False)
        assert done.exit_code == code, done.output
        return done

    put_migrated_database(load_settings(None, {}))
    invoke("init")
    invoke("show", "create", "Harbour")
    return invoke


def order(tmp_path: Path, price: int = 0) -> str:
    """Somebody opens a checkout; returns its reference."""
    services = open_services(load_settings(None, {}))
    with services.sessions() as session:
        key = find_plan(session, "supporter").prices[price].key
    now = now_utc()
    opened = open_checkout(
        services.till,
        lambda s: membership_basket(s, key, email=EMAIL, now=now),
        Buyer(EMAIL),
        "/",
        now,
    )
    with services.sessions() as session:
        ref = session.query(Checkout).filter_by(key=opened.key).one().ref
    services.close()
    return ref


def make_plan(run: Run, *more: str) -> None:
    run(
        *("payments", "plans", "create", "Supporter", "--opens", "harbour"),
        *("--price", "5 eur month", *more),
    )


@pytest.mark.thorough
def test_a_plan_is_made_listed_repriced_and_archived(run: Run) -> None:
    make_plan(run, "--price", "50,00 EUR year", "--benefit", "All episodes")
    [plan] = json.loads(run("payments", "plans", "list", "--json").output)
    assert plan["prices"] == ["5.00 EUR month", "50.00 EUR year"]
    run("payments", "plans", "reprice", "supporter", "--price", "7.50 eur month")
    [plan] = json.loads(run("payments", "plans", "list", "--json").output)
    assert plan["prices"] == ["50.00 EUR year", "7.50 EUR month"]
    run("payments", "plans", "archive", "supporter", "--yes")
    assert "archived" in run("payments", "plans", "list").output


@pytest.mark.parametrize(
    ("price", "said"),
    [
        ("5 eur", "say amount, currency and interval"),
        ("-5 eur month", "write the amount like"),
        ("5 euro month", "not a currency"),
        ("5 eur fortnight", "say month, year"),
        ("0 eur month", "more than nothing"),
    ],
)
def test_a_bad_price_is_refused_with_a_sentence(run: Run, price: str, said: str) -> None:
    done = run(
        *("payments", "plans", "create", "X", "--opens", "harbour", "--price", price), code=1
    )
    assert said in done.output


@pytest.mark.thorough
def test_a_payment_by_hand_is_confirmed_and_opens_the_feed(run: Run, tmp_path: Path) -> None:
    make_plan(run)
    ref = order(tmp_path)
    [row] = json.loads(run("payments", "waiting", "--json").output)
    assert (row["reference"], row["due"]) == (ref, "5.00 EUR")
    assert "Confirmed 5.00 EUR" in run("payments", "confirm", ref.lower()).output
    assert "Nobody owes" in run("payments", "waiting").output
    details = json.loads(run("member", "show", EMAIL, "--json").output)
    assert details["memberships"] == [{"show": "harbour", "state": "active"}]
    assert details["ledger"][0]["by"] == "cli"


def test_a_season_is_put_on_sale(run: Run) -> None:
    done = run(
        *("payments", "sell", "The first season", "--show", "harbour", "--season", "1"),
        *("--price", "12 eur once"),
    )
    assert done.output.strip().endswith("/buy/the-first-season")
    done = run("payments", "sell", "Nothing", "--show", "harbour", "--price", "1 eur once", code=1)
    assert "at least one episode" in done.output


@pytest.mark.thorough
def test_revoking_a_member_also_stops_their_payments(run: Run, tmp_path: Path) -> None:
    make_plan(run)
    ref = order(tmp_path)
    run("payments", "confirm", ref)
    done = run("member", "revoke", EMAIL, "--show", "harbour", "--yes")
    assert f"Cancelled the payments of {ref}" in done.output
    run("payments", "reconcile")
    details = json.loads(run("member", "show", EMAIL, "--json").output)
    assert [each["state"] for each in details["memberships"]] != ["active"]


def test_an_unknown_reference_is_refused_with_a_sentence(run: Run) -> None:
    assert "no order with the reference" in run("payments", "confirm", "XXXX", code=1).output


def test_reconcile_says_what_it_found(run: Run) -> None:
    assert "repaired 0" in run("payments", "reconcile").output
    assert json.loads(run("payments", "reconcile", "--json").output)["problems"] == []


@pytest.mark.thorough
def test_events_are_listed_and_replayed(run: Run, tmp_path: Path) -> None:
    services = open_services(load_settings(None, {}))
    with services.sessions.begin() as session:
        session.add(
            PaymentEvent(
                realm="manual",
                ref="evt_1",
                type="invoice.paid",
                subject_kind="subscription",
                subject_ref="NOTHING",
                payload="{}",
                received_at=now_utc(),
                next_try_at=now_utc(),
                status="needs_attention",
                error="it was down",
            )
        )
    services.close()
    [row] = json.loads(
        run("payments", "list-events", "--status", "needs_attention", "--json").output
    )
    assert row["error"] == "it was down"
    assert "Worked off 1" in run("payments", "replay", "--all").output
    assert "Worked off 1" in run("payments", "replay", "evt_1").output
    assert "no event evt_2" in run("payments", "replay", "evt_2", code=1).output
    run("payments", "replay", code=2)


def test_connecting_needs_a_key(run: Run) -> None:
    assert "secret_key first" in run("payments", "connect", code=1).output


@pytest.mark.thorough
def test_stripe_is_connected_checked_and_sold_through(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with StripeStandIn() as account:
        monkeypatch.setenv("PODCAST_SERVER_STRIPE__SECRET_KEY", KEY)
        monkeypatch.setenv("PODCAST_SERVER_STRIPE__API_BASE", account.url)
        secret = run("payments", "connect").output.split()[-1]
        assert secret.startswith("whsec_")
        monkeypatch.setenv("PODCAST_SERVER_STRIPE__WEBHOOK_SECRETS", secret)
        assert "completed" not in run("payments", "connect").output.split("before")[0]
        findings = json.loads(run("doctor", "--json").output)
        [payments] = [each for each in findings if each["check"] == "payments"]
        assert payments["level"] == "ok", payments
        make_plan(run)
        [product] = account.client().v1.products.list().data
        assert product.name == "Supporter"
        run("payments", "plans", "archive", "supporter", "--yes")
        assert account.client().v1.prices.list({"active": True}).data == []


def test_doctor_says_what_is_missing_at_stripe(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with StripeStandIn(portal=False) as account:
        monkeypatch.setenv("PODCAST_SERVER_STRIPE__SECRET_KEY", KEY)
        monkeypatch.setenv("PODCAST_SERVER_STRIPE__API_BASE", account.url)
        monkeypatch.setenv("PODCAST_SERVER_STRIPE__WEBHOOK_SECRETS", "whsec_1")
        findings = json.loads(run("doctor", "--json", code=1).output)
        [payments] = [each for each in findings if each["check"] == "payments"]
        assert "payments connect" in payments["advice"]
        assert "billing/portal" in payments["advice"]
