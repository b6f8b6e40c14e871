"""What cannot be taken back is asked twice, with and without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from lxml import html
from lxml.html import FormElement

from episodes.models import Episode, Show
from podcast_server.accounts.staff.api_keys import make_key
from podcast_server.accounts.staff.invitations import invite_staff
from podcast_server.accounts.staff.models import Passkey
from podcast_server.accounts.staff.people import find_staff
from podcast_server.accounts.staff.recovery import make_recovery_codes
from podcast_server.services import Services
from tests.podcast_server.pages.studio.conftest import Desk


def forms_to(desk: Desk, page: str, target: str) -> list[FormElement]:
    found = [form for form in html.fromstring(desk.get(page).text).forms if target in form.action]
    assert found, f"{page} has no form to {target}"
    return found


@pytest.mark.parametrize(
    ("page", "target"),
    [
        ("/studio/account", "/recovery-codes"),
        ("/studio/account", "/passkeys/"),
        ("/studio/account", "/revoke"),
        ("/studio/people", "/take-back"),
        ("/studio/people", "/let-go"),
        ("/studio/coupons", "/coupons/"),
        ("/studio/shows/harbour/sales", "/archive"),
    ],
)
def test_what_cannot_be_undone_waits_behind_a_line_that_says_what_it_does(
    owner: Desk, filled: None, page: str, target: str
) -> None:
    for form in forms_to(owner, page, target):
        around = form.getparent()
        assert around is not None
        assert around.tag == "details"
        assert "open" not in around.attrib
        assert around.findtext("summary")
        assert around.findtext("p")


@pytest.fixture
def filled(
    owner: Desk,
    hire: Callable[..., Desk],
    harbour: Show,
    first: Episode,
    services: Services,
    now: datetime,
) -> None:
    """Something of everything that can be taken away."""
    hire("editor", harbour)
    with services.sessions.begin() as session:
        me = find_staff(session, "owner@example.org")
        make_recovery_codes(session, me.id)
        make_key(session, me, "Night job", may_write=False, now=now)
        session.add(
            Passkey(
                staff_id=me.id,
                credential_id=b"x",
                public_key=b"x",
                sign_count=0,
                name="Phone",
                created_at=now,
            )
        )
        invite_staff(session, "tam@example.org", "owner", show_id=None, invited_by=me.id, now=now)
    owner.send("/studio/coupons", code="WELCOME", percent="50", duration="once", currency="eur")
    owner.send(
        "/studio/shows/harbour/sales", name="One", price="5", currency="eur", what=f"e{first.id}"
    )
