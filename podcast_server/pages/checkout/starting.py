"""From a filled-in form to the payment page, the same way for everything that is sold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import redirect, session
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from podcast_server.accounts.members import BadEmailError, normalise_email
from podcast_server.billing.basket import Basket
from podcast_server.billing.checkout import Buyer, open_checkout
from podcast_server.billing.errors import BillingError
from podcast_server.i18n import current_language
from podcast_server.pages.checkout.words import refusal_words
from podcast_server.pages.member.signed_in import signed_in
from podcast_server.pages.wiring import current_time, the_services

_KEYS, _MOST = "checkouts", 8


def own_checkouts() -> list[str]:
    """The checkouts this browser opened."""
    kept = session.get(_KEYS)
    return [str(key) for key in kept] if isinstance(kept, list) else []


def buyer_of(form: Any) -> Buyer:
    """Whoever is signed in, else the address that was typed. Raises BadEmailError."""
    here = signed_in()
    language = current_language()
    if here is not None:
        return Buyer(here.member.email, here.member.id, language)
    return Buyer(normalise_email(form.email.data or ""), None, language)


def try_to_start(
    form: Any, fill: Callable[[Session, Buyer], Basket], back_path: str
) -> Response | None:
    """Open a checkout and lead to the payment page; None leaves the form with its errors."""
    try:
        buyer = buyer_of(form)
        opened = open_checkout(
            the_services().till, lambda s: fill(s, buyer), buyer, back_path, current_time()
        )
    except BadEmailError:
        form.email.errors = [gettext("This does not look like an e-mail address.")]
        return None
    except BillingError as error:
        form.form_errors.append(refusal_words(error))
        return None
    session[_KEYS] = [*own_checkouts(), opened.key][-_MOST:]
    # A page of our own is reached under whatever name the visitor uses for this site.
    return redirect(opened.url.removeprefix(the_services().till.public_url), 303)
