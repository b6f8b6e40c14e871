"""The tables of money. Amounts are whole minor units; times are UTC."""

from podcast_server.billing.models.history import PlanStay, SubscriptionTerms
from podcast_server.billing.models.letters import PaymentLetter
from podcast_server.billing.models.manual import ManualOrder, ManualPayment
from podcast_server.billing.models.offers import (
    Collection,
    CollectionItem,
    Coupon,
    Plan,
    PlanOpening,
    Price,
)
from podcast_server.billing.models.people import Comp, Donation, Gift, Seat, SeatGroup
from podcast_server.billing.models.provider import (
    ForeignPrice,
    PaymentEvent,
    RemoteCustomer,
    RemoteObject,
)
from podcast_server.billing.models.sales import Checkout, Payment, Purchase, Subscription

__all__ = [
    "Checkout",
    "Collection",
    "CollectionItem",
    "Comp",
    "Coupon",
    "Donation",
    "ForeignPrice",
    "Gift",
    "ManualOrder",
    "ManualPayment",
    "Payment",
    "PaymentEvent",
    "PaymentLetter",
    "Plan",
    "PlanOpening",
    "PlanStay",
    "Price",
    "Purchase",
    "RemoteCustomer",
    "RemoteObject",
    "Seat",
    "SeatGroup",
    "Subscription",
    "SubscriptionTerms",
]
