"""What protects every page: host check, headers, a strict content policy, session and CSRF.

Nothing inline is ever allowed to run: scripts and styles are files of our own. A page that
must differ says so in ``g.content_policy`` (see Policy).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from flask import Flask, Response, abort, g, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.datastructures import MultiDict

from episodes.storage.base import Storage
from feeds.tokens import Tokens
from podcast_server.settings import Settings

SESSION_LIFE = timedelta(days=60)
MAX_FORM_BYTES = 1024 * 1024
NUL = "\0"  # nobody types it, and PostgreSQL takes no text with it


class _FormCheck(CSRFProtect):  # type: ignore[misc]
    """The library's check, which takes for granted that a Referer can be read as an address."""

    def protect(self, apply_exemptions: bool = False) -> None:
        try:
            super().protect(apply_exemptions)
        except ValueError:
            self._error_response("The referrer is no address.")
        # Where a key or a signature stands for the form, its body is the view's to read.
        if g.get("csrf_valid") and _has_nul(request.form):
            abort(400)


csrf = _FormCheck()


@dataclass(frozen=True, slots=True)
class Policy:
    """What a page may load and who may frame it; origins separated by spaces."""

    media: str = "'self'"
    connect: str = "'self'"
    form_action: str = "'self'"
    frame_ancestors: str = "'none'"
    images: str = "'self' data:"

    def header(self) -> str:
        """The Content-Security-Policy header (W3C CSP Level 3)."""
        return "; ".join(
            (
                "default-src 'none'",
                "script-src 'self'",
                "style-src 'self'",
                f"img-src {self.images}",
                "font-src 'self'",
                f"media-src {self.media}",
                f"connect-src {self.connect}",
                "manifest-src 'self'",
                f"form-action {self.form_action}",
                "base-uri 'none'",
                f"frame-ancestors {self.frame_ancestors}",
            )
        )


# Browsers apply form-action to where a form is redirected as well.
STRIPE_PAGES = ("https://checkout.stripe.com", "https://billing.stripe.com")


def base_policy(storage: Storage, settings: Settings, now: datetime) -> Policy:
    """The policy of this installation: audio may also come from the bucket it is sent to, and
    a form may lead to the pages of the payment provider."""
    policy = Policy()
    signed = storage.presigned_get("probe.mp3", now=now, content_type="audio/mpeg")
    if signed is not None:
        policy = replace(policy, media=f"'self' {_origin(signed)}")
    if settings.stripe.secret_key.get_secret_value():
        pages = [_origin(settings.stripe.api_base)] if settings.stripe.api_base else STRIPE_PAGES
        policy = replace(policy, form_action=" ".join(("'self'", *pages)))
    return policy


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def install_security(app: Flask, settings: Settings, tokens: Tokens, policy: Policy) -> None:
    """Configure sessions, CSRF protection, the host check and the headers of all answers."""
    public = urlsplit(settings.site.public_url)
    https = public.scheme == "https"
    app.config.update(
        SECRET_KEY=tokens.derive(b"podcast-server.web-session"),
        SESSION_COOKIE_NAME="__Host-session" if https else "session",
        SESSION_COOKIE_SECURE=https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=SESSION_LIFE,
        # A form may stay open as long as the session it belongs to.
        WTF_CSRF_TIME_LIMIT=None,
        MAX_CONTENT_LENGTH=MAX_FORM_BYTES,
        # Loopback names are what a front on this machine and health checks use.
        # Old names of feeds are answered by where they moved to, and nothing else.
        TRUSTED_HOSTS=[public.hostname, "localhost", "127.0.0.1", *settings.site.old_hosts],
        CONTENT_POLICY=policy,
    )
    app.before_request(_refuse_nul)
    csrf.init_app(app)

    def protect(response: Response) -> Response:
        add_headers(response, g.get("content_policy", policy), https=https)
        return response

    app.after_request(protect)


def _has_nul(fields: MultiDict[str, str]) -> bool:
    return any(NUL in each for values in fields.listvalues() for each in values)


def _refuse_nul() -> None:
    if NUL in request.path:
        abort(404)
    if _has_nul(request.args):
        abort(400)


def add_headers(response: Response, policy: Policy, *, https: bool) -> None:
    """The protective headers; ones a view has set itself stay."""
    headers = response.headers
    headers.setdefault("X-Content-Type-Options", "nosniff")
    # Full addresses stay on this site, where form checks need them; others learn nothing.
    headers.setdefault("Referrer-Policy", "same-origin")
    if https:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if response.mimetype != "text/html":
        return
    headers.setdefault("Content-Security-Policy", policy.header())
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    if policy.frame_ancestors == "'none'":
        headers.setdefault("X-Frame-Options", "DENY")
    # Whatever does not say otherwise is for one person only.
    headers.setdefault("Cache-Control", "private, no-store")
