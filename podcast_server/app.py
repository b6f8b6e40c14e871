"""The Flask application: everything but the fast lane's hot path."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

from feeds.delivery.lane import Lane
from feeds.delivery.views import delivery_blueprint
from podcast_server.api.v1.routes import blueprint as api
from podcast_server.api.v1.routes import install_api
from podcast_server.database import database_now
from podcast_server.error_pages import install_error_pages
from podcast_server.i18n import install_languages
from podcast_server.jobs.imports import work_on_imports
from podcast_server.jobs.schedule import work_off_payments
from podcast_server.jobs.uploads import examine_waiting_uploads
from podcast_server.limits.pages import install_limits
from podcast_server.mail.outbox import send_due
from podcast_server.mail.postman import Postman
from podcast_server.pages.account_of import account_of
from podcast_server.pages.checkout.offers import install_checkout
from podcast_server.pages.dressing import install_dressing
from podcast_server.pages.moved_feeds import install_moved_feeds
from podcast_server.pages.routes import PAGES
from podcast_server.security import base_policy, csrf, install_security
from podcast_server.services import Services, limit_counter, now_utc, open_transport
from podcast_server.webhooks.stripe import stripe_blueprint

LARGEST_NUMBER = 2**31 - 1  # that PostgreSQL's INTEGER holds, as the numbers of rows are


class _Number(IntegerConverter):
    """``<int:…>`` in an address: no longer than what the database can be asked for."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=LARGEST_NUMBER)


def _postman(services: Services, clock: Callable[[], datetime]) -> Postman:
    def deliver() -> None:
        send_due(services.sessions, open_transport(services), services.current, clock())

    return Postman(deliver)


def _teller(services: Services, clock: Callable[[], datetime], postman: Postman) -> Postman:
    """Works off webhooks as they come; the scheduled job takes what is left."""

    def work_off() -> None:
        work_off_payments(services, clock())
        postman.nudge()

    return Postman(work_off, "working off payments")


def create_app(services: Services, lane: Lane, clock: Callable[[], datetime] = now_utc) -> Flask:
    """Wire one application. Nothing here reads the environment."""
    app = Flask("podcast_server", template_folder="pages", static_folder=None)
    app.url_map.converters["int"] = _Number
    postman = _postman(services, clock)
    app.config.update(SERVICES=services, CLOCK=clock, POSTMAN=postman)
    app.config["TELLER"] = _teller(services, clock, postman)
    app.config["EXAMINER"] = Postman(
        # By the database's time, as the workers on other machines look at what they find begun.
        lambda: examine_waiting_uploads(services, database_now(services.engine)),
        "examining uploads",
    )
    app.config["IMPORTER"] = Postman(
        lambda: work_on_imports(services, clock()), "bringing members over"
    )
    policy = base_policy(services.storage, services.settings, clock())
    # Before the form check, which would answer attackers at some cost.
    install_limits(app, services.settings.limits, limit_counter(services), clock, account_of)
    install_security(app, services.settings, services.tokens, policy)
    install_languages(app, lambda: services.site)
    install_error_pages(app)
    install_moved_feeds(app, services, clock)
    install_dressing(app, services)
    install_checkout(app)
    delivery = delivery_blueprint(lane)
    csrf.exempt(delivery)  # podcast apps hold no session; the lane refuses all but reading
    app.register_blueprint(delivery)
    for blueprint in PAGES:
        app.register_blueprint(blueprint)
    csrf.exempt(api)  # a key stands for it, and cookies are not looked at
    install_api(app, services)
    stripe = stripe_blueprint(services, clock)
    csrf.exempt(stripe)  # a signature stands for it
    app.register_blueprint(stripe)
    return app
