"""The site's logo at the head of mails: it comes along, so that nothing is fetched to read them."""

from __future__ import annotations

import re
from email.message import EmailMessage

from podcast_server.mail.transport import Transport

# The coloured mark, and the name as it stands in HTML.
_HEAD = re.compile(r"<!--head-->.*?</span>(?P<name>.*?)<!--/head-->", re.DOTALL)
_ID = "logo@letterhead"
_STYLE = "height:36px;width:auto;margin-right:9px;vertical-align:middle;border-radius:4px"


class Letterhead:
    """A transport that puts a logo, a PNG, at the head of mails: before the name, or, if it
    ``says_the_name`` itself, in its place."""

    def __init__(self, inner: Transport, logo: bytes, *, says_the_name: bool = False) -> None:
        self._inner = inner
        self._logo = logo
        self._says_the_name = says_the_name

    def send(self, mail: EmailMessage) -> None:
        """Hand it over with the logo. Raises MailError or MailRefused."""
        page = mail.get_body(("html",))
        if isinstance(page, EmailMessage):
            text, heads = _HEAD.subn(self._head, page.get_content(), count=1)
            if heads:
                page.set_content(text, subtype="html")
                page.add_related(self._logo, "image", "png", cid=f"<{_ID}>", disposition="inline")
        self._inner.send(mail)

    def _head(self, found: re.Match[str]) -> str:
        name = found["name"].strip()  # escaped when the letter was written, quotes included
        alt, beside = (name, "") if self._says_the_name else ("", name)
        logo = f'<img class="logo" src="cid:{_ID}" alt="{alt}" height="36" style="{_STYLE}">'
        return logo + beside
