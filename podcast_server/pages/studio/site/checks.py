"""Trying out what the site stands on: mail, storage and payments."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage

from flask_babel import gettext

from episodes.storage.base import StorageError, StoragePublic, StorageRefused, StorageUnavailable
from podcast_server.billing.errors import BillingError
from podcast_server.billing.providers.base import Finding
from podcast_server.mail.transport import MailError, choose_transport
from podcast_server.pages.studio.site.mail_words import why_not
from podcast_server.services import Services
from podcast_server.settings import MailSettings


@dataclass(frozen=True, slots=True)
class Result:
    """What a trial gave; ``advice`` says what to do where it is not ``good``. None: neither."""

    good: bool | None
    text: str
    advice: str = ""

    @property
    def kind(self) -> str:
        """Which notice shows it."""
        return "info" if self.good is None else "success" if self.good else "danger"


def findings_in_words(found: Iterable[Finding]) -> list[Result]:
    """What a payment provider says of an account."""
    return [
        Result(not each.advice, f"{each.subject}: {each.message}", each.advice) for each in found
    ]


def try_mail(services: Services, recipient: str, now: datetime) -> list[Result]:
    """Send a mail to whoever asks, as all mail is sent now."""
    return [send_trial(services, services.current.mail, recipient, now)]


def send_trial(services: Services, settings: MailSettings, recipient: str, now: datetime) -> Result:
    """Send a mail to whoever asks, through any mail server."""
    transport = choose_transport(settings)
    if transport is None:
        advice = gettext("Until one is set, mail waits in the outbox.")
        return Result(False, gettext("No mail server is set."), advice)
    message = EmailMessage()
    message["From"] = settings.sender or recipient
    message["To"] = recipient
    message["Date"] = now
    message["Subject"] = gettext("A trial from %(site)s", site=services.site.name)
    message.set_content(gettext("This mail came through: everything is well."))
    try:
        transport.send(message)
    except MailError as error:
        return Result(False, *why_not(error, settings))
    text = gettext(
        "The mail server took a mail for %(address)s. See that it arrived.", address=recipient
    )
    return Result(True, text)


def try_storage(services: Services, _recipient: str, _now: datetime) -> list[Result]:
    """Write, read, read in part and delete a small object."""
    try:
        services.storage.check()
    except StorageError as error:
        return [Result(False, *_storage_words(error))]
    text = gettext("Files can be written, read as a whole and in parts, and deleted.")
    return [Result(True, text)]


def _storage_words(error: StorageError) -> tuple[str, str]:
    """What is wrong with it, and what to do; the storage's own words are in English."""
    advice = gettext("Ask whoever runs this server to look at [storage]: %(said)s", said=error)
    if isinstance(error, StoragePublic):
        return gettext("Strangers can read the audio in the bucket."), advice
    if isinstance(error, StorageRefused):
        return gettext("The storage does not let this server in."), advice
    if isinstance(error, StorageUnavailable):
        return gettext("The storage cannot be used now."), advice
    return gettext("The storage does not work as it should."), advice


def try_payments(services: Services, _recipient: str, _now: datetime) -> list[Result]:
    """Ask the provider whether our account is set up."""
    if not services.settings.stripe.secret_key.get_secret_value():
        advice = gettext("Under “Payments” stands what connecting Stripe needs.")
        return [Result(None, gettext("Payments are confirmed by hand."), advice)]
    try:
        found = services.till.selling.check(services.settings.site.public_url)
    except BillingError as error:
        return [Result(False, str(error), gettext("Look at [stripe] in config.toml."))]
    return findings_in_words(found)


TRIALS: dict[str, Callable[[Services, str, datetime], list[Result]]] = {
    "mail": try_mail,
    "storage": try_storage,
    "payments": try_payments,
}
