"""What is said after a mail was written: that it is on its way, or what it waits for."""

from __future__ import annotations

from flask import flash, url_for
from flask_babel import gettext
from markupsafe import Markup

from podcast_server.pages.studio.guard import the_person
from podcast_server.pages.wiring import the_services


def flash_mailed(sent: str, *, kept: str) -> None:
    """Say ``sent``, or, while no mail server is set and the mail stays here, ``kept`` and why."""
    if the_services().current.mail.host:
        flash(sent, "success")
        return
    why = gettext("No mail server is set yet, so the mail waits in the outbox.")
    if not the_person().is_owner:
        flash(f"{kept} {why}", "warning")
        return
    way = Markup(' <a href="{}">{}</a>').format(
        url_for("studio_site_mail.page"), gettext("Set the mail server")
    )
    flash(Markup("{} {}").format(kept, why) + way, "warning")
