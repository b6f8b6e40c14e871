"""The Flask application: everything but the fast lane's hot path."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Flask

from feeds.delivery.lane import Lane
from feeds.delivery.views import delivery_blueprint
from podcast_server.error_pages import install_error_pages
from podcast_server.i18n import install_languages
from podcast_server.pages.dressing import install_dressing
from podcast_server.pages.routes import page_blueprints
from podcast_server.security import base_policy, csrf, install_security
from podcast_server.services import Services, now_utc
from podcast_server.webhooks.stripe import stripe_blueprint


def create_app(services: Services, lane: Lane, clock: Callable[[], datetime] = now_utc) -> Flask:
    """Wire one application. Nothing here reads the environment."""
    app = Flask("podcast_server", template_folder="pages", static_folder=None)
    app.config.update(SERVICES=services, CLOCK=clock)
    policy = base_policy(services.storage, clock())
    install_security(app, services.settings, services.tokens, policy)
    install_languages(app, services.settings)
    install_error_pages(app)
    install_dressing(app, services)
    delivery = delivery_blueprint(lane)
    csrf.exempt(delivery)  # podcast apps hold no session; the lane refuses all but reading
    app.register_blueprint(delivery)
    for blueprint in page_blueprints(services):
        app.register_blueprint(blueprint)
    stripe = stripe_blueprint(services, clock)
    csrf.exempt(stripe)  # a signature stands for it
    app.register_blueprint(stripe)
    return app
