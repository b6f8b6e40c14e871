"""What the owner chose is kept in either database, and read by every process."""

from __future__ import annotations

import io
from datetime import datetime

import pytest
from PIL import Image
from pydantic import SecretStr
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from episodes.artwork import prepare_logo
from feeds.tokens import Tokens
from podcast_server.sealing import KeyVault
from podcast_server.settings import MailSettings, SiteSettings
from podcast_server.site import logo, mail_server
from podcast_server.site.choices import SiteChoices, choose, keep_section


@pytest.mark.both_databases
def test_a_mail_server_comes_back_as_it_was(engine: Engine, tokens: Tokens, now: datetime) -> None:
    vault = KeyVault(tokens, mail_server.PURPOSE)
    # Longer than any that a provider gives out.
    wanted = MailSettings(host="smtp.example.org", username="ada", password=SecretStr("x" * 900))
    with Session(engine) as session, session.begin():
        mail_server.keep_mail_server(session, wanted, vault, now)
    kept = SiteChoices().section(mail_server.SECTION, engine)
    found = mail_server.mail_server(MailSettings(), kept, vault)
    assert (found.settings, found.whose, found.locked) == (wanted, "owner", False)


@pytest.mark.both_databases
def test_a_logo_comes_back_and_goes(engine: Engine, now: datetime) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (200, 100), "navy").save(picture, "PNG")
    made = prepare_logo(picture.getvalue())
    with Session(engine) as session, session.begin():
        logo.use_logo(session, made, now)
    with Session(engine) as session, session.begin():
        assert logo.logo_data(session) == made.data
        logo.remove_logo(session, now)
        assert logo.logo_data(session) is None


def test_what_cannot_be_read_is_no_choice(engine: Engine, tokens: Tokens, now: datetime) -> None:
    with Session(engine) as session, session.begin():
        keep_section(session, mail_server.SECTION, '{"host": 7', now)
    kept = SiteChoices().section(mail_server.SECTION, engine)
    found = mail_server.mail_server(MailSettings(), kept, KeyVault(tokens, mail_server.PURPOSE))
    assert found.whose == ""


def test_asking_again_within_seconds_asks_no_database(engine: Engine, now: datetime) -> None:
    with Session(engine) as session, session.begin():
        choose(session, {"name": "Quay Radio"}, now)
    choices, asked = SiteChoices(), []
    event.listen(engine, "before_cursor_execute", lambda *_: asked.append(1))
    for _time in range(50):
        assert choices.over(SiteSettings(), engine).name == "Quay Radio"
        choices.section(mail_server.SECTION, engine)
    assert len(asked) <= 4
