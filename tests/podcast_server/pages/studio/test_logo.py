"""The owner gives the site a logo: checked, small, at the head of pages and mails, removable."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from email.message import EmailMessage

import pytest
from flask.testing import FlaskClient
from PIL import Image, PngImagePlugin

from episodes.artwork import ArtworkRefused, prepare_logo
from episodes.models import Show
from podcast_server.mail import outbox
from podcast_server.mail.letter import Letter
from podcast_server.mail.letterhead import Letterhead
from podcast_server.services import Services
from tests.conftest import NOW
from tests.podcast_server.pages.studio.conftest import Desk

PAGE = "/studio/site/logo"
COMMENT = "made at 12 Harbour Street"


def picture(width: int, height: int, mode: str = "RGB", form: str = "PNG") -> bytes:
    image = Image.new(mode, (width, height), (200, 30, 30, 0)[: len(mode)])
    kept = io.BytesIO()
    said = PngImagePlugin.PngInfo()
    said.add_text("Comment", COMMENT)
    image.save(kept, form, **({"pnginfo": said} if form == "PNG" else {}))
    return kept.getvalue()


def give(desk: Desk, data: bytes, name: str = "logo.png") -> str:
    fields = {"csrf_token": desk.token(), "picture": (io.BytesIO(data), name)}
    answer = desk.client.post(
        PAGE, data=fields, content_type="multipart/form-data", follow_redirects=True
    )
    return answer.text


def shown(client: FlaskClient, path: str = "/") -> str:
    """The element at the head of a page, "" for none."""
    found = re.search(r'<img class="brand-logo"[^>]*>', client.get(path).text)
    return found[0] if found else ""


def test_it_stands_at_the_head_of_pages(owner: Desk, client: FlaskClient, harbour: Show) -> None:
    assert shown(client) == ""
    assert "The logo is in place." in give(owner, picture(400, 400))
    address = re.search(r'src="([^"]+)"', shown(client))
    assert address
    answer = client.get(address[1])
    assert answer.mimetype == "image/png"
    assert "immutable" in answer.headers["Cache-Control"]
    with Image.open(io.BytesIO(answer.data)) as image:
        assert image.size == (96, 96)
    assert COMMENT.encode() not in answer.data


def test_a_wide_one_stands_in_place_of_the_name(
    owner: Desk, client: FlaskClient, services: Services, harbour: Show
) -> None:
    give(owner, picture(900, 200))
    assert f'alt="{services.site.name}"' in shown(client)
    give(owner, picture(300, 300))
    assert 'alt=""' in shown(client)


def test_what_is_clear_stays_clear() -> None:
    with Image.open(io.BytesIO(prepare_logo(picture(200, 100, "RGBA")).data)) as image:
        assert image.mode == "RGBA"
        assert image.getpixel((5, 5))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize("form", ["JPEG", "WEBP", "PNG"])
def test_each_usual_kind_is_taken(form: str) -> None:
    made = prepare_logo(picture(1200, 400, form=form))
    assert (made.width, made.height) == (288, 96)


@pytest.mark.parametrize(
    ("size", "why"),
    [((40, 40), "at least 48 high"), ((700, 100), "up to six times"), ((100, 200), "square")],
)
def test_other_shapes_are_refused(size: tuple[int, int], why: str) -> None:
    with pytest.raises(ArtworkRefused, match=why):
        prepare_logo(picture(*size))


@pytest.mark.parametrize(
    "data", [b"", b"<svg onload=alert(1)>", b"GIF89a" + b"\0" * 50, picture(100, 100)[:60]]
)
def test_what_is_no_picture_is_refused_and_nothing_changes(
    owner: Desk, client: FlaskClient, data: bytes, harbour: Show
) -> None:
    text = give(owner, data)
    assert "field-error" in text
    assert shown(client) == ""


def test_it_is_taken_away(owner: Desk, client: FlaskClient, harbour: Show) -> None:
    give(owner, picture(400, 400))
    address = re.search(r'src="([^"]+)"', shown(client))
    assert address
    assert "The logo is gone." in owner.send(PAGE + "/remove").text
    assert shown(client) == ""
    assert client.get(address[1]).status_code == 404


def test_editors_change_no_logo(
    hire: Callable[..., Desk], client: FlaskClient, harbour: Show
) -> None:
    editor = hire("editor", harbour)
    give(editor, picture(400, 400))
    assert editor.send(PAGE + "/remove").status_code == 403
    assert shown(client) == ""


class Box:
    def __init__(self) -> None:
        self.sent: list[EmailMessage] = []

    def send(self, mail: EmailMessage) -> None:
        self.sent.append(mail)


def test_mails_bring_it_along(services: Services) -> None:
    data = prepare_logo(picture(400, 400)).data
    letter = Letter("trial", "en", "Hello", ["<!--head--></span>forged<!--/head-->"])
    with services.sessions.begin() as session:
        outbox.put_letter(session, letter, "ada@example.org", site_name="Quay", now=NOW)
    box = Box()
    outbox.send_due(services.sessions, Letterhead(box, data), services.settings, NOW)
    [mail] = box.sent
    page = mail.get_body(("html",))
    assert page is not None
    assert page.get_content().count('src="cid:logo@letterhead"') == 1
    assert "forged" in page.get_content()
    [logo] = [each for each in mail.walk() if each.get_content_type() == "image/png"]
    assert logo["Content-ID"] == "<logo@letterhead>"
    assert logo.get_content() == data
    assert mail.get_body(("plain",)) is not None
    assert b"cid:logo" in mail.as_bytes()


@pytest.mark.parametrize(
    ("wide", "head"), [(True, 'alt="Quay &#34;&lt;b&gt;&#34;"'), (False, 'alt=""')]
)
def test_a_wide_one_stands_in_place_of_the_name_in_mails_too(
    services: Services, wide: bool, head: str
) -> None:
    with services.sessions.begin() as session:
        letter = Letter("trial", "en", "Hello", ["Hi"])
        outbox.put_letter(session, letter, "ada@example.org", site_name='Quay "<b>"', now=NOW)
    box = Box()
    transport = Letterhead(box, prepare_logo(picture(400, 100)).data, says_the_name=wide)
    outbox.send_due(services.sessions, transport, services.settings, NOW)
    page = box.sent[0].get_body(("html",))
    assert page is not None
    text = page.get_content()
    assert head in text
    assert text.count("Quay &#34;&lt;b&gt;&#34;") == 1


def test_without_a_logo_mails_show_the_mark_of_old(services: Services) -> None:
    with services.sessions.begin() as session:
        letter = Letter("trial", "en", "Hello", ["Hi"])
        outbox.put_letter(session, letter, "ada@example.org", site_name="Quay", now=NOW)
    box = Box()
    outbox.send_due(services.sessions, box, services.settings, NOW)
    assert [each.get_content_type() for each in box.sent[0].walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
