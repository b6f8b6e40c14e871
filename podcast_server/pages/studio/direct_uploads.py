"""Pages from which the browser sends parts straight to the bucket."""

from __future__ import annotations

from dataclasses import replace

from flask import current_app, g

from podcast_server.security import Policy


def allow_direct_uploads() -> None:
    """Let this page talk to where audio is kept; elsewhere it may not."""
    policy: Policy = current_app.config["CONTENT_POLICY"]
    g.content_policy = replace(policy, connect=policy.media)
