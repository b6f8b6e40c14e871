"""Another language is one click away from every page, and changes nothing else."""

from __future__ import annotations

import pytest
from flask import Flask

from podcast_server.language_links import language_link

HERE = "http://podcast.test"


def test_the_rest_of_the_address_stays(app: Flask) -> None:
    with app.test_request_context("/studio/shows/harbour/members?q=a%26b&lang=en&page=2"):
        assert language_link("fr") == "?q=a%26b&page=2&lang=fr"


def test_the_answer_to_a_form_leads_to_the_page_of_its_address(app: Flask) -> None:
    with app.test_request_context("/studio/site?x=1", method="POST"):
        assert language_link("fr") == "/studio/site?x=1&lang=fr"


@pytest.mark.parametrize(
    ("came_from", "leads_to"),
    [
        (f"{HERE}/studio/site?x=1", "/studio/site?x=1&lang=fr"),
        (f"{HERE}/studio/site/try/mail", "/?lang=fr"),
        ("https://elsewhere.example/studio/site", "/?lang=fr"),
        ("", "/?lang=fr"),
    ],
)
def test_an_answer_without_such_a_page_leads_to_where_the_form_stood(
    app: Flask, came_from: str, leads_to: str
) -> None:
    with app.test_request_context(
        "/studio/site/try/mail", base_url=HERE, method="POST", headers={"Referer": came_from}
    ):
        assert language_link("fr") == leads_to
