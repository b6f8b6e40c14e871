"""Whether other mail servers will believe our mail, from records made up for the test."""

from __future__ import annotations

import dns.resolver
import pytest

from podcast_server.cli.doctor_mail import check_sender
from podcast_server.mail.sender_domain import (
    DomainFinding,
    NamesUnavailable,
    check_domain,
    domain_of,
    is_reserved,
    text_records,
)
from podcast_server.settings import MailSettings, Settings

DOMAIN = "harbour.fm"
GOOD = {
    DOMAIN: ["site-verification=1", "v=spf1 include:_spf.provider.net ~all"],
    f"k1._domainkey.{DOMAIN}": ["v=DKIM1; k=rsa; p=MIGfMA0G"],
    f"_dmarc.{DOMAIN}": ["v=DMARC1; p=quarantine"],
}


def found(
    selector: str = "", domain: str = DOMAIN, **changes: list[str]
) -> dict[str, DomainFinding]:
    """The findings by subject; changes are named spf, dkim and dmarc."""
    names = {"spf": DOMAIN, "dkim": f"k1._domainkey.{DOMAIN}", "dmarc": f"_dmarc.{DOMAIN}"}
    records = GOOD | {names[name]: texts for name, texts in changes.items()}
    checked = check_domain(domain, selector, records=lambda name: records.get(name, []))
    return {each.subject: each for each in checked}


def test_a_domain_with_all_three_needs_no_advice() -> None:
    assert [each.advice for each in found().values()] == ["", "", ""]


def test_each_missing_record_is_explained() -> None:
    missing = found(spf=[], dkim=[], dmarc=[])
    assert "v=spf1" in missing["SPF"].advice
    assert "dkim_selector" in missing["DKIM"].advice
    assert f"_dmarc.{DOMAIN}" in missing["DMARC"].advice


@pytest.mark.parametrize(
    ("records", "said"),
    [
        (["v=spf1 ~all", "v=spf1 -all"], "2 SPF records"),
        (["v=spf1 +all"], "everybody"),
        (["v=spf1 mx all"], "everybody"),
        (["v=spf10 -all"], "does not say"),
    ],
)
def test_an_spf_record_that_protects_nothing(records: list[str], said: str) -> None:
    spf = found(spf=records)["SPF"]
    assert said in spf.message
    assert spf.advice


def test_a_named_key_is_looked_for_and_no_other() -> None:
    assert found("k1")["DKIM"] == DomainFinding("DKIM", "key k1")
    assert f"other._domainkey.{DOMAIN}" in found("other")["DKIM"].message


def test_a_withdrawn_key_is_told_from_a_missing_one() -> None:
    assert "withdrawn" in found(dkim=["v=DKIM1; p="])["DKIM"].message


@pytest.mark.parametrize("record", ["v=DMARC1", "v=DMARC1; p=maybe", "v=DMARC1; sp=reject"])
def test_a_dmarc_record_without_policy_is_no_good(record: str) -> None:
    assert "valid policy" in found(dmarc=[record])["DMARC"].message


def test_a_subdomain_stands_under_the_policy_of_its_domain() -> None:
    assert found(domain=f"mail.{DOMAIN}")["DMARC"].message == f"p=quarantine at {DOMAIN}"


@pytest.mark.parametrize(
    ("sender", "domain"),
    [
        ("mail@harbour.fm", "harbour.fm"),
        ("Harbour <mail@Harbour.FM>", "harbour.fm"),
        ("", ""),
        ("nobody", ""),
    ],
)
def test_the_domain_is_what_stands_in_the_address(sender: str, domain: str) -> None:
    assert domain_of(sender) == domain


@pytest.mark.parametrize(
    "domain", ["localhost", "a.test", "example.org", "mail.example", "nas.local"]
)
def test_names_of_nobody_are_not_looked_up(domain: str) -> None:
    assert is_reserved(domain)
    assert not is_reserved(DOMAIN)


def settings(sender: str, host: str = "smtp.harbour.fm") -> Settings:
    return Settings(mail=MailSettings(host=host, sender=sender))


def offline(name: str) -> list[str]:
    raise NamesUnavailable(f"{name}: no answer")


def test_without_a_network_doctor_only_hints() -> None:
    [finding] = check_sender(settings("mail@harbour.fm"), offline)
    assert finding.level == "note"
    assert "not checked" in finding.message


def test_nothing_is_asked_while_mail_stays_here() -> None:
    assert check_sender(settings("mail@harbour.fm", host=""), offline) == []
    assert check_sender(settings("mail@harbour.test"), offline) == []


def test_what_is_missing_does_not_fail_doctor() -> None:
    findings = check_sender(settings("mail@harbour.fm"), lambda _name: [])
    assert [(each.check, each.level) for each in findings] == [
        ("sender SPF", "note"),
        ("sender DKIM", "note"),
        ("sender DMARC", "note"),
    ]


@pytest.mark.parametrize(
    "failure",
    [
        dns.resolver.NoNameservers(),  # type: ignore[no-untyped-call]
        dns.resolver.LifetimeTimeout(timeout=1, errors=[]),  # type: ignore[no-untyped-call]
    ],
)
def test_a_resolver_that_fails_is_told_from_an_empty_answer(
    failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def resolve(*_args: object, **_more: object) -> None:
        raise failure

    monkeypatch.setattr(dns.resolver, "resolve", resolve)
    with pytest.raises(NamesUnavailable):
        text_records(DOMAIN)


def test_no_such_name_means_no_records(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*_args: object, **_more: object) -> None:
        raise dns.resolver.NXDOMAIN

    monkeypatch.setattr(dns.resolver, "resolve", resolve)
    assert text_records(DOMAIN) == []
