"""The Flask application: everything but the fast lane's hot path."""

from __future__ import annotations

from flask import Flask

from feeds.delivery.lane import Lane
from feeds.delivery.views import delivery_blueprint
from podcast_server.pages.routes import page_blueprints
from podcast_server.services import Services


def create_app(services: Services, lane: Lane) -> Flask:
    """Wire one application. Nothing here reads the environment."""
    app = Flask("podcast_server", template_folder="pages", static_folder=None)
    app.config["SERVICES"] = services
    app.register_blueprint(delivery_blueprint(lane))
    for blueprint in page_blueprints(services):
        app.register_blueprint(blueprint)
    return app
