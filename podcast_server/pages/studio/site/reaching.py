"""Ask at an address whether this very server answers there, and say in words what is in the way."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

from flask_babel import gettext

from episodes.rss_import.errors import FetchFailed, ImportRefused, PrivateNetwork
from episodes.rss_import.fetch import Fetcher, host_of
from podcast_server.pages.studio.site.checks import Result
from podcast_server.reach import PATH, is_answer, new_question
from podcast_server.services import Services

MOST = 1000  # bytes of an answer


def try_address(services: Services, address: str) -> Result:
    """What comes of asking there. ``address`` is a plain one, without a path."""
    question = new_question()
    loopback = services.settings.imports.allow_loopback
    with closing(Fetcher(allow_loopback=loopback, attempts=1)) as fetcher:
        try:
            page = fetcher.read(f"{address}{PATH}{question}", limit=MOST)
        except PrivateNetwork:
            return _private(address)
        except FetchFailed as error:
            return _unreached(address, error)
        except ImportRefused:
            return _another(address)
    if page is None or not is_answer(services.tokens, question, page.data):
        return _another(address)
    found = urlsplit(page.url)
    there = f"{found.scheme}://{found.netloc}"
    if there != address:
        return Result(
            False,
            gettext("%(address)s leads on to %(there)s.", address=address, there=there),
            gettext("That is this server: use that address."),
        )
    return _reached(address)


def _reached(address: str) -> Result:
    text = gettext("%(address)s leads to this server.", address=address)
    if address.startswith("https://"):
        return Result(True, text)
    advice = gettext(
        "But without encryption: podcast apps want https. A front such as Caddy gets a "
        "certificate by itself."
    )
    return Result(None, text, advice)


def _private(address: str) -> Result:
    return Result(
        False,
        gettext("%(host)s leads into a private network.", host=host_of(address)),
        gettext(
            "Nobody outside can reach it. The name (its DNS record) must lead to the public "
            "address of this server, or of the router before it."
        ),
    )


def _another(address: str) -> Result:
    return Result(
        False,
        gettext("Something answers at %(address)s, but it is not this server.", address=address),
        gettext(
            "The name leads to another machine, or the front there does not hand requests on to "
            "this server. Changes of a name can take a day until everybody sees them."
        ),
    )


def _unreached(address: str, error: Exception) -> Result:
    host, causes = host_of(address), list(_causes(error))
    if any(isinstance(each, socket.gaierror) for each in causes):
        return Result(
            False,
            gettext("There is no name %(host)s yet.", host=host),
            gettext(
                "Where you rented the domain, make a DNS record for it: A (or AAAA) with the "
                "public address of this server. It can take a day until everybody sees it."
            ),
        )
    if any(isinstance(each, ssl.SSLCertVerificationError) for each in causes):
        return Result(
            False,
            gettext("%(host)s has no valid certificate.", host=host),
            gettext("The front needs one for this very name; Caddy gets it by itself."),
        )
    return Result(
        False,
        gettext("Nobody answers at %(address)s.", address=address),
        gettext(
            "The name is known, but no front answers there: it must run, and the firewall or "
            "router must let ports 80 and 443 through to it. Some routers do not let a machine "
            "reach itself from within; then try the address from a phone without Wi-Fi."
        ),
    )


def _causes(error: BaseException, depth: int = 12) -> Iterator[BaseException]:
    """The error and all that led to it, however the libraries wrapped it."""
    yield error
    if not depth:
        return
    wrapped = [error.__cause__, error.__context__, getattr(error, "reason", None), *error.args]
    for each in wrapped:
        if isinstance(each, BaseException):
            yield from _causes(each, depth - 1)
