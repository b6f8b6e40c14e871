"""Will other mail servers believe that our mail is ours? SPF, DKIM and DMARC of the sender.

RFC 7208 (SPF), RFC 6376 (DKIM), RFC 7489 (DMARC; the names above the domain are asked too).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.utils import parseaddr

import dns.exception
import dns.resolver

from podcast_server.mail.transport import MailError

SECONDS = 4.0  # for one name, all tries together
TextRecords = Callable[[str], list[str]]
# What mail providers call their keys; which one signs only the provider knows.
USUAL_SELECTORS = (
    *("default", "mail", "dkim", "smtp", "k1", "k2", "s1", "s2", "selector1", "selector2"),
    *("google", "fm1", "pm", "mandrill", "mailjet", "brevo", "resend", "protonmail"),
)
# RFC 2606 and 6761: names nobody receives mail from.
_RESERVED = re.compile(r"(.*\.)?(example(\.com|\.net|\.org)?|test|invalid|localhost|local)")


class NamesUnavailable(MailError):
    """The domain name system cannot be asked from here."""


@dataclass(frozen=True, slots=True)
class DomainFinding:
    """One thing about a domain; ``advice`` is empty where all is well."""

    subject: str
    message: str
    advice: str = ""


def text_records(name: str) -> list[str]:
    """The TXT records of a name; none where there is no such name. Raises NamesUnavailable."""
    try:
        answer = dns.resolver.resolve(name, "TXT", lifetime=SECONDS, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except dns.exception.DNSException as error:
        raise NamesUnavailable(f"{name}: {error}") from error
    return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]


def domain_of(sender: str) -> str:
    """The domain of an address such as ``Harbour <mail@harbour.example>``, "" for none."""
    _name, at, domain = parseaddr(sender)[1].rpartition("@")
    return domain.strip().rstrip(".").lower() if at else ""


def is_reserved(domain: str) -> bool:
    """Whether the domain is one for tests and examples, or only of this machine."""
    return "." not in domain or _RESERVED.fullmatch(domain) is not None


def check_domain(
    domain: str, selector: str = "", *, records: TextRecords = text_records
) -> list[DomainFinding]:
    """What receivers find about mail from ``domain``, with advice. ``selector`` names the DKIM
    key, as the mail provider calls it. Raises NamesUnavailable."""
    return [
        _spf(domain, records(domain)),
        _dkim(domain, selector, records),
        _dmarc(domain, records),
    ]


def _spf(domain: str, found: list[str]) -> DomainFinding:
    policies = [each for each in found if re.match(r"v=spf1( |$)", each, re.IGNORECASE)]
    if not policies:
        return DomainFinding(
            "SPF",
            f"{domain} does not say who may send its mail",
            f"add a TXT record to {domain} with what your mail provider names, such as "
            "“v=spf1 include:_spf.provider.example ~all”",
        )
    if len(policies) > 1:
        return DomainFinding(
            "SPF",
            f"{domain} has {len(policies)} SPF records, so none of them counts",
            "join them into one TXT record",
        )
    if re.search(r"(^| )\+?all( |$)", policies[0].lower()):
        return DomainFinding(
            "SPF", "everybody may send in your name (+all)", "end the record with ~all or -all"
        )
    return DomainFinding("SPF", policies[0])


def _dkim(domain: str, selector: str, records: TextRecords) -> DomainFinding:
    for name in [selector] if selector else USUAL_SELECTORS:
        for record in records(f"{name}._domainkey.{domain}"):
            key = re.search(r"(?:^|;)\s*p\s*=\s*([^;]*)", record)
            if key is not None:
                return _key(name, key[1].strip())
    if selector:
        return DomainFinding(
            "DKIM",
            f"there is no key at {selector}._domainkey.{domain}",
            "publish the record your mail provider shows, or correct [mail] dkim_selector",
        )
    return DomainFinding(
        "DKIM",
        f"no key of {domain} was found under the usual names",
        "switch on DKIM at your mail provider, publish the record it shows, and put the name "
        "before “._domainkey” into [mail] dkim_selector",
    )


def _key(selector: str, key: str) -> DomainFinding:
    if not key:
        return DomainFinding(
            "DKIM",
            f"the key {selector} was withdrawn",
            "publish the one your mail provider signs with now",
        )
    return DomainFinding("DKIM", f"key {selector}")


def _dmarc(domain: str, records: TextRecords) -> DomainFinding:
    for name in _upwards(domain):
        found = [each for each in records(f"_dmarc.{name}") if each.startswith("v=DMARC1")]
        if len(found) == 1:
            return _policy(name, found[0])
    return DomainFinding(
        "DMARC",
        f"{domain} does not say what becomes of forged mail",
        f"add a TXT record to _dmarc.{domain}: “v=DMARC1; p=none; rua=mailto:you@{domain}”, and "
        "p=quarantine once SPF and DKIM work; large mail providers ask for it",
    )


def _upwards(domain: str) -> Iterator[str]:
    """The name and those above it, the top one left out."""
    labels = domain.split(".")
    for start in range(len(labels) - 1):
        yield ".".join(labels[start:])


def _policy(name: str, record: str) -> DomainFinding:
    policy = re.search(r";\s*p\s*=\s*(\w+)", record)
    if policy is None or policy[1].lower() not in {"none", "quarantine", "reject"}:
        return DomainFinding(
            "DMARC", f"_dmarc.{name} has no valid policy", "write p=none, quarantine or reject"
        )
    return DomainFinding("DMARC", f"p={policy[1].lower()} at {name}")
