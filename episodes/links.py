"""Addresses that people type or files bring along, made safe to show and to follow."""

from __future__ import annotations

from urllib.parse import urlsplit

from episodes.errors import BadField

MAX_ADDRESS = 2000  # characters
MAX_NAME = 64


def check_link(field: str, address: str) -> None:
    """Raises BadField for what is given and leads neither to the web nor to a mailbox."""
    if address.strip() and secure_link(address.strip()) is None:
        raise BadField(field, "must be a web address such as https://example.org")


def check_web(field: str, address: str) -> None:
    """Raises BadField for what does not lead to the web, encrypted."""
    if not (secure_link(address.strip()) or "").startswith("https://"):
        raise BadField(field, "must be a web address such as https://example.org")


def secure_link(address: str) -> str | None:
    """The address if it leads to the web or to a mailbox, with http turned into https.

    None for anything else: scripts, files, relative addresses, spaces or control characters.
    """
    if address[:5].lower() == "http:":
        address = "https:" + address[5:]
    if len(address) > MAX_ADDRESS or not address.lower().startswith(("https://", "mailto:")):
        return None
    return address if address.isprintable() and " " not in address else None


def named_link(text: str, address: str) -> dict[str, str]:
    """A place elsewhere as it is stored; one without a name has its host's."""
    url = secure_link(address.strip()) or address.strip()
    host = (urlsplit(url).hostname or url).removeprefix("www.")
    return {"text": text.strip() or host[:MAX_NAME], "url": url}
