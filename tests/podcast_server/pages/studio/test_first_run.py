"""The first run: steps that go on, a wrong code, and how payments come in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from episodes.models import Show
from podcast_server.accounts.staff.models import AuditEntry
from podcast_server.accounts.staff.setup_code import setup_code
from podcast_server.billing.errors import ProviderRefused
from podcast_server.billing.providers.base import Finding
from podcast_server.pages.studio.site import payments
from podcast_server.services import Services
from tests.podcast_server.pages.studio.conftest import PASSWORD, Desk

PAYMENTS = "/studio/site/payments"
KEY = "sk_test_abcdefgh12345678"


def test_a_wrong_code_leaves_what_was_typed_but_the_password(app: Flask) -> None:
    typed = {"name": "Ann", "email": "ann@example.org", "password": PASSWORD}
    page = Desk(app).post("/studio/set-up", code="aaaa-bbbb", **typed).text
    assert 'value="Ann"' in page
    assert 'value="ann@example.org"' in page
    assert "Type the password again" in page
    assert PASSWORD not in page
    field = page.split('name="password"')[0].rsplit("<input", 1)[1]
    assert "autofocus" in field


def test_the_steps_go_on_until_the_first_show_has_its_picture(
    app: Flask, services: Services
) -> None:
    desk = Desk(app)
    assert "Step 1 of 3" in desk.get("/studio/set-up").text
    code = setup_code(services.tokens)
    desk.post("/studio/set-up", code=code, name="", email="ann@example.org", password=PASSWORD)
    assert "Step 2 of 3" in desk.get("/studio/shows/new").text
    new = {"title": "Quay", "language": "en", "time_zone": "UTC"}
    assert "Step 3 of 3" in desk.send("/studio/shows/new", **new).text
    assert "Step" not in desk.get("/studio/shows/new").text


def test_somebody_decides_to_start_without_stripe_and_it_is_done(
    owner: Desk, services: Services, harbour: Show
) -> None:
    left = owner.get("/studio/shows/harbour").text
    assert "5 things are left to do" in left
    assert PAYMENTS in owner.get("/studio").text
    assert "You confirm payments by hand." in owner.send(PAYMENTS).text
    assert "4 things are left to do" in owner.get("/studio/shows/harbour").text
    assert "You decided to confirm payments by hand." in owner.get(PAYMENTS).text


@pytest.fixture
def stripe(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A Stripe that remembers the keys it was asked with, and knows one of them."""
    asked: list[str] = []

    class Selling:
        def check(self, url: str) -> list[Finding]:
            if asked[-1] != KEY:
                raise ProviderRefused("Stripe does not accept the secret key for this")
            return [Finding("stripe account", "Quay (test mode)")]

    class Providers:
        selling = Selling()

    def opened(wanted: object, *_more: object) -> Providers:
        asked.append(wanted.stripe_key)  # type: ignore[attr-defined]
        return Providers()

    monkeypatch.setattr(payments, "open_providers", opened)
    return asked


def test_a_key_is_tried_and_kept_nowhere(
    owner: Desk, services: Services, harbour: Show, stripe: list[str]
) -> None:
    page = owner.send(f"{PAYMENTS}/key", key=f" {KEY} ").text
    assert "Quay (test mode)" in page
    assert stripe == [KEY]
    assert KEY not in page
    with services.sessions() as session:
        written = session.scalars(select(AuditEntry.subject)).all()
    assert "Stripe, sk_test…" in written


def test_a_key_that_stripe_does_not_take_is_told(owner: Desk, stripe: list[str]) -> None:
    page = owner.send(f"{PAYMENTS}/key", key="sk_test_wrongwrong").text
    assert "Stripe does not accept the secret key" in page


@pytest.mark.parametrize("key", ["", "pk_test_abcdefgh12345678", "sk_test_../../x", "x" * 9999])
def test_what_cannot_be_a_key_is_not_asked_about(owner: Desk, stripe: list[str], key: str) -> None:
    assert "begins with sk_" in owner.send(f"{PAYMENTS}/key", key=key).text
    assert stripe == []


def test_editors_do_not_decide_how_money_comes_in(hire: Callable[..., Desk], harbour: Show) -> None:
    editor = hire("editor", harbour)
    assert editor.get(PAYMENTS).status_code == 403
    assert editor.send(PAYMENTS).status_code == 403
    assert editor.send(f"{PAYMENTS}/key", key=KEY).status_code == 403
