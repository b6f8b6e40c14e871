"""Every form of the studio, filled with what an attacker would write; nothing of it ever runs.

A crawler finds the pages as a person does, by their links, and the forms on them.
"""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest
from PIL import Image
from werkzeug.test import TestResponse

from episodes.models import Episode, Show
from podcast_server.services import Services
from tests.podcast_server.pages.studio.conftest import Desk
from tests.podcast_server.pages.test_public_attacks import dangers

WORDS = "\"'><img src=x onerror=alert(1)></title></textarea><script>alert(1)</script>{{71*710+9}}"
PAYLOAD = b"<html><script>alert(document.domain)</script>"
SCRIPT = "javascript:alert(document.cookie)//"
INERT = re.compile("(input|meta|option|link) javascript:")
MOST_PAGES = 150
# Forms that end the visit; what they take is one button.
LAST = ("/sign-out", "/sessions", "/leave")


@dataclass
class Form:
    """A form as it stands on a page."""

    action: str
    method: str
    fields: list[tuple[str, str, str]] = field(default_factory=list)  # name, kind, value
    choices: dict[str, list[str]] = field(default_factory=dict)


class Page(HTMLParser):
    """The links and the forms of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[Form] = []
        self._select = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in said:
            self.links.append(said["href"])
        elif tag == "form":
            self.forms.append(Form(said.get("action", ""), said.get("method", "get").lower()))
        elif self.forms and tag in {"input", "textarea", "button", "select"} and said.get("name"):
            kind = said.get("type", tag)
            self.forms[-1].fields.append((said["name"], kind, said.get("value", "")))
            self._select = said["name"] if tag == "select" else self._select
        elif self.forms and tag == "option":
            values = self.forms[-1].choices.setdefault(self._select, [])
            values.append(said.get("value", ""))


def filled(form: Form, words: str) -> dict[str, str]:
    """The form as an attacker sends it: true tokens and choices, hostile words."""
    data: dict[str, str] = {}
    for name, kind, value in form.fields:
        if kind in {"hidden", "radio", "checkbox", "button", "submit"}:
            data.setdefault(name, value or "1")
        elif kind == "select":
            data[name] = next(filter(None, form.choices.get(name, [])), "")
        elif kind == "email":
            data[name] = "mallory@example.org"
        elif kind in {"date", "datetime-local", "number", "color", "file"}:
            data[name] = value
        else:
            data[name] = words
    return data


def pages(desk: Desk, *starts: str) -> Iterator[tuple[str, TestResponse]]:
    """Every page that links lead to within the site."""
    waiting, seen = list(starts), set(starts)
    while waiting and len(seen) < MOST_PAGES:
        path = waiting.pop(0)
        answer = desk.client.get(path, follow_redirects=True)
        yield path, answer
        if answer.mimetype != "text/html":
            continue
        for link in Page(answer.text).links:
            target = urlsplit(urldefrag(urljoin(path, link)).url)
            inside = target.path.startswith("/studio") and not target.netloc
            where = target.path + (f"?{target.query}" if target.query else "")
            if inside and "lang=" not in where and where not in seen:
                seen.add(where)
                waiting.append(where)


def alive(answer: TestResponse) -> list[str]:
    """What would run in a page; words in fields and descriptions lead nowhere."""
    found = dangers(answer.text) if answer.mimetype == "text/html" else []
    return [each for each in found if not INERT.match(each)]


def send_all(desk: Desk, words: str, tried: set[str]) -> None:
    """Fill and send every form that was not tried yet."""
    for path, answer in list(pages(desk, "/studio", "/studio/shows/new")):
        for form in Page(answer.text).forms:
            target = urljoin(path, form.action)
            what = f"{target} {[name for name, _kind, _value in form.fields]}"
            if form.method != "post" or what in tried or target.endswith(LAST):
                continue
            tried.add(what)
            sent = desk.client.post(target, data=filled(form, words), follow_redirects=True)
            assert sent.status_code < 500, what
            assert alive(sent) == [], what


@pytest.mark.thorough
@pytest.mark.parametrize("words", [WORDS, SCRIPT])
def test_whatever_is_written_into_any_form_nothing_of_it_runs(
    owner: Desk, harbour: Show, first: Episode, words: str
) -> None:
    tried: set[str] = set()
    send_all(owner, words, tried)
    send_all(owner, words, tried)  # what the first round made has forms of its own
    assert len(tried) > 40
    for path, answer in pages(owner, "/studio", "/", "/shows/harbour"):
        assert alive(answer) == [], path
        assert "50419" not in answer.text, path


def test_no_lazy_text_holds_what_somebody_typed() -> None:
    """Such texts say of themselves that they are safe HTML, whatever was put into them."""
    for path in Path("podcast_server").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "lazy_gettext as _" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_":
                assert not node.keywords, f"{path}:{node.lineno}"


def polyglot() -> bytes:
    """A true JPEG that is a web page, too: in its comment and behind its end."""
    picture = io.BytesIO()
    Image.new("RGB", (1500, 1500), "teal").save(picture, "JPEG", comment=PAYLOAD)
    return picture.getvalue() + PAYLOAD


@pytest.mark.parametrize("path", ["artwork", "episodes/{key}/cover"])
@pytest.mark.parametrize("name", ["../../../etc/a.html", "a.svg", "<img src=x onerror=alert(1)>"])
def test_a_picture_that_is_a_page_too_is_only_a_picture(
    owner: Desk, services: Services, harbour: Show, first: Episode, path: str, name: str
) -> None:
    where = f"/studio/shows/harbour/{path.format(key=first.key)}"
    field = next(
        field
        for form in Page(owner.get(where.removesuffix("/cover")).text).forms
        for field, kind, _value in form.fields
        if kind == "file" and urlsplit(urljoin(where, form.action)).path in {where, ""}
    )
    form = {"csrf_token": owner.token(), field: (io.BytesIO(polyglot()), name)}
    sent = owner.client.post(where, data=form, follow_redirects=True)
    assert alive(sent) == []
    with services.sessions() as session:
        row = session.get_one(Episode, first.id) if "cover" in path else None
        key = row.artwork_key if row else session.get_one(Show, harbour.id).artwork_key
    assert key
    with services.storage.open(key) as reader:
        kept = reader.read()
    assert b"<script>" not in kept
    assert Image.open(io.BytesIO(kept)).format == "JPEG"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\n<v {0}>{0}</v>\n"),
        ("a.srt", "1\n00:00:01,000 --> 00:00:02,000\n{0}\n"),
        ("a.txt", "{0}\n\n{0}\n"),
        ("a.json", '{{"segments": [{{"startTime": 1, "speaker": "{0}", "body": "{0}"}}]}}'),
    ],
)
def test_what_a_transcript_brings_along_never_runs(
    owner: Desk, services: Services, first: Episode, name: str, text: str
) -> None:
    with services.sessions.begin() as session:
        session.get_one(Episode, first.id).audience = "free"
    hostile = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    here = f"/studio/shows/harbour/episodes/{first.key}"
    file = (io.BytesIO(text.format(hostile).encode()), name)
    form = {"csrf_token": owner.token(), "file": file}
    sent = owner.client.post(f"{here}/transcript", data=form, follow_redirects=True)
    assert 'class="notice success"' in sent.text
    for path in (here, f"/shows/harbour/{first.key}"):
        assert alive(owner.get(path)) == [], path
