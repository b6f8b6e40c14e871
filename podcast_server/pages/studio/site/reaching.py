"""Whether this very server answers at an address, and in words what is in the way."""

from __future__ import annotations

from collections.abc import Callable

from flask_babel import gettext

from episodes.rss_import.fetch import host_of
from podcast_server.pages.studio.site.checks import Result
from podcast_server.reach import Found, ask_at
from podcast_server.services import Services


def try_address(services: Services, address: str) -> Result:
    """What comes of asking there. ``address`` is a plain one, without a path."""
    loopback = services.settings.imports.allow_loopback
    reached = ask_at(address, services.tokens, allow_loopback=loopback)
    if reached.found == "onward":
        return Result(
            False,
            gettext("%(address)s leads on to %(there)s.", address=address, there=reached.there),
            gettext("That is this server: use that address."),
        )
    return _WORDS[reached.found](address)


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


def _unnamed(address: str) -> Result:
    return Result(
        False,
        gettext("There is no name %(host)s yet.", host=host_of(address)),
        gettext(
            "Where you rented the domain, make a DNS record for it: A (or AAAA) with the "
            "public address of this server. It can take a day until everybody sees it."
        ),
    )


def _unproven(address: str) -> Result:
    return Result(
        False,
        gettext("%(host)s has no valid certificate.", host=host_of(address)),
        gettext("The front needs one for this very name; Caddy gets it by itself."),
    )


def _silent(address: str) -> Result:
    return Result(
        False,
        gettext("Nobody answers at %(address)s.", address=address),
        gettext(
            "The name is known, but no front answers there: it must run, and the firewall or "
            "router must let ports 80 and 443 through to it. Some routers do not let a machine "
            "reach itself from within; then try the address from a phone without Wi-Fi."
        ),
    )


_WORDS: dict[Found, Callable[[str], Result]] = {
    "here": _reached,
    "private": _private,
    "another": _another,
    "unnamed": _unnamed,
    "unproven": _unproven,
    "silent": _silent,
}
