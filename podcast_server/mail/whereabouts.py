"""Where a mail server may be: anywhere, the local network included, but not where none can be.

Clouds tell secrets of the machine at addresses of their own ("metadata"), to whoever asks from it.
"""

from __future__ import annotations

import ipaddress
import socket

from podcast_server.mail.errors import MailError

# Those that are not link-local: AWS by IPv6, Alibaba, Oracle.
_METADATA = {"fd00:ec2::254", "100.100.100.200", "192.0.0.192"}


def look_up(host: str, port: int) -> None:
    """Find the name, and raise MailError where it leads to what no mail server has.

    Raises OSError, UnicodeError where there is no such name.
    """
    for *_kind, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        require_ordinary(str(place[0]))


def require_ordinary(address: str) -> None:
    """Raise MailError for an address that no mail server has."""
    found = ipaddress.ip_address(address.partition("%")[0])
    found = getattr(found, "ipv4_mapped", None) or found
    odd = found.is_link_local or found.is_multicast or found.is_unspecified
    if odd or str(found) in _METADATA:
        raise MailError("the name leads to an address that no mail server has", "address")
