"""How many payments wait for the owner: promised by hand, or not worked off."""

from __future__ import annotations

from sqlalchemy import func, select

from podcast_server.billing.models import PaymentEvent
from podcast_server.billing.providers.manual.provider import open_orders
from podcast_server.database import reading
from podcast_server.pages.wiring import current_time, the_services


def payments_waiting() -> tuple[int, int]:
    """How many are to be confirmed by hand, and how many messages need attention."""
    with reading(the_services().engine) as database:
        orders = len(open_orders(database, current_time()))
        stuck = select(func.count(PaymentEvent.id)).where(PaymentEvent.status == "needs_attention")
        return orders, database.scalar(stuck) or 0
