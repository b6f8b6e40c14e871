"""The menu of a show in the studio: path below the show, words, and the least role."""

from __future__ import annotations

from flask_babel import gettext

from podcast_server.accounts.staff.roles import Role


def studio_menu() -> list[tuple[str, str, Role]]:
    """In the order of use."""
    return [
        ("", gettext("Episodes"), "editor"),
        ("/members", gettext("Members"), "editor"),
        ("/plans", gettext("Plans"), "editor"),
        ("/numbers", gettext("Numbers"), "analyst"),
        ("/sales", gettext("Sales"), "editor"),
        ("/settings", gettext("Show"), "editor"),
    ]
