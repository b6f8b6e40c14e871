"""Why something about money was refused, in the podcaster's language.

The sentences are billing's own; here they are known by heart, so that they can be translated.
"""

from __future__ import annotations

import re

from babel import numbers
from flask_babel import get_locale, gettext

from podcast_server.billing.errors import BillingError, ProviderRefused, ProviderUnavailable
from podcast_server.pages.studio.known import N_, as_sentence, translated

_EXAMPLE = re.compile(r"(?<=write the amount like )[\d.]+")
SENTENCES = (
    N_("write the amount like %(example)s"),
    N_("the amount is too large: at most %(most)s"),
    N_("the amount must not be negative"),
    N_("the amount must be more than nothing"),
    N_("an amount is a whole number of the smallest coins"),
    N_("“%(code)s” is not a currency code such as eur or usd"),
    N_("card payments in this currency are made in steps of ten"),
    N_("at most %(sum)s can be paid back"),
    N_("nothing is left to be paid back"),
    N_("this order is in %(currency)s"),
    N_("this order has ended, or was paid already"),
    N_("there is no order with the reference %(reference)s"),
    N_("there is no such payment"),
    N_("there is not so much left to pay back"),
    N_("Stripe does not accept the secret key for this"),
    N_("a collection holds at least one episode or season"),
    N_("a collection is paid once and kept for ever"),
    N_("a collection needs a name of at most 255 characters"),
    N_("every %(count)s %(unit)ss cannot be billed: at most three years"),
    N_("say month, year, once, or for example “2 weeks”"),
    N_("say why, for the member's history"),
    N_("this would be over already"),
    N_("this coupon does not fit this membership"),
    N_("payments by hand need no coupon: confirm the sum that came"),
    N_("a code is 3 to 40 letters and digits"),
    N_("the code %(code)s was used before: choose another"),
    N_("a code takes off either a percentage or an amount"),
    N_("a percentage is 1 to 100"),
    N_("a code takes something off"),
    N_("say for how many months, or choose once or forever"),
    N_("a code can be used at least once"),
    N_("a price cannot be changed: make another one"),
    N_("a plan needs a name"),
    N_("a plan has no field %(name)s"),
    N_("a plan needs a name of at most 255 characters"),
    N_("a trial lasts 0 to %(days)s days"),
    N_("a limited plan has at least one place"),
    N_("a plan opens at least one show"),
    N_("“%(tier)s” is not a tier of %(show)s"),
    N_("a free plan has no prices: make another plan"),
    N_("the minimum is in the same currency and at most the suggested amount"),
    N_("a price is more than nothing; for nothing, make a free plan"),
    N_("days of access belong to a price that is paid once"),
)


def _with_comma(sentence: str) -> str:
    """With the example of an amount as the reader's language writes it: 4,99."""
    comma = numbers.get_decimal_symbol(get_locale())
    return _EXAMPLE.sub(lambda found: found[0].replace(".", comma), sentence)


def refusal(error: BillingError) -> str:
    """The sentence to show. What a provider says in its own words is quoted."""
    if isinstance(error, ProviderUnavailable):
        text = gettext("the payment service does not answer: try again in a moment")
    else:
        text = translated(_with_comma(str(error)), SENTENCES)
        if isinstance(error, ProviderRefused) and text is None:
            text = gettext("the payment service refused this: %(reason)s", reason=error)
    return as_sentence(text or str(error))
