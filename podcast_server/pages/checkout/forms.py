"""The fields that forms about money share."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import EmailField, StringField
from wtforms.validators import Length

from podcast_server.pages.member.signed_in import signed_in


class BuyerForm(FlaskForm):  # type: ignore[misc]
    """Whose it will be; asked only of somebody who is not signed in."""

    email = EmailField(_("Your e-mail address"), validators=[Length(max=320)])

    @property
    def asks_email(self) -> bool:
        """Whether the address has to be typed."""
        return signed_in() is None


class AmountForm(BuyerForm):
    """With an amount that people may choose. Kept as text: money is read by billing alone."""

    amount = StringField(_("Amount"), validators=[Length(max=30)])
