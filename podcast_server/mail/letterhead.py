"""The site's logo at the head of mails: it comes along, so that nothing is fetched to read them."""

from __future__ import annotations

import re
from email.message import EmailMessage

from podcast_server.mail.transport import Transport

_MARK = re.compile(r"<!--mark-->.*?<!--/mark-->", re.DOTALL)
_NAME = "<logo@letterhead>"
_PICTURE = (
    '<img src="cid:logo@letterhead" alt="" height="36" style="height:36px;width:auto;'
    'margin-right:9px;vertical-align:middle;background:#ffffff;border-radius:4px">'
)


class Letterhead:
    """A transport that puts a logo, a PNG, where mails have the mark of the site."""

    def __init__(self, inner: Transport, logo: bytes) -> None:
        self._inner = inner
        self._logo = logo

    def send(self, mail: EmailMessage) -> None:
        """Hand it over with the logo. Raises MailError or MailRefused."""
        page = mail.get_body(("html",))
        if isinstance(page, EmailMessage):
            text, marks = _MARK.subn(_PICTURE, page.get_content(), count=1)
            if marks:
                page.set_content(text, subtype="html")
                page.add_related(self._logo, "image", "png", cid=_NAME, disposition="inline")
        self._inner.send(mail)
