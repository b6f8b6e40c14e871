"""Letters about money where several processes write them at the same moment."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from podcast_server.billing.letters import post_payment_letters
from podcast_server.mail.models import OutgoingMail
from tests.podcast_server.billing.shop import Shop
from tests.stripe_stand_in import StripeStandIn

WORKERS = 4


@pytest.mark.both_databases
def test_each_letter_is_written_once_and_no_worker_stumbles(
    stripe_shop: Shop, account: StripeStandIn
) -> None:
    shop = stripe_shop
    price = shop.plan().prices[0]
    for number in range(3):
        opened = shop.join(price, f"ada{number}@example.org")
        account.control.pay_session(shop.ref(opened))
        shop.finish(opened)
    together = threading.Barrier(WORKERS)

    def write(_worker: int) -> int:
        together.wait()
        return post_payment_letters(shop.till, "Harbour", shop.now, dunning=True)

    with ThreadPoolExecutor(WORKERS) as workers:
        written = sum(workers.map(write, range(WORKERS)))
    with shop.session() as session:
        recipients = list(session.scalars(select(OutgoingMail.recipient)))
    assert sorted(recipients) == [f"ada{number}@example.org" for number in range(3)]
    assert written == len(recipients)
