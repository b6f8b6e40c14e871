"""Keys for scripts are made, shown once and revoked by whoever they belong to."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlalchemy import select

from episodes.models import Show
from podcast_server.accounts.staff.models import ApiKey
from podcast_server.services import Services
from tests.podcast_server.pages.studio.conftest import Desk

PAGE = "/studio/account/keys"


def make(desk: Desk, **fields: str) -> str:
    found = re.search(r"psk_[\w-]+", desk.send(PAGE, label="Night job", **fields).text)
    assert found
    return found[0]


def test_a_key_is_shown_once_and_opens_the_api(owner: Desk, harbour: Show) -> None:
    key = make(owner)
    account = owner.get("/studio/account").text
    assert "Night job" in account
    assert key not in account
    headers = {"Authorization": f"Bearer {key}"}
    assert owner.client.get("/api/v1/shows", headers=headers).status_code == 200
    assert owner.client.post("/api/v1/shows/harbour/episodes", headers=headers).status_code == 403


def test_a_key_that_may_write_does(owner: Desk, harbour: Show) -> None:
    headers = {"Authorization": f"Bearer {make(owner, may_write='y')}"}
    answer = owner.client.post(
        "/api/v1/shows/harbour/episodes", headers=headers, data='{"title": "One"}'
    )
    assert answer.status_code == 201


def test_a_revoked_key_opens_nothing(owner: Desk, harbour: Show, services: Services) -> None:
    key = make(owner)
    with services.sessions() as session:
        number = session.scalars(select(ApiKey.id)).one()
    assert "The key is revoked." in owner.send(f"{PAGE}/{number}/revoke").text
    headers = {"Authorization": f"Bearer {key}"}
    assert owner.client.get("/api/v1/shows", headers=headers).status_code == 401


def test_nobody_revokes_the_key_of_somebody_else(
    owner: Desk, hire: Callable[..., Desk], harbour: Show, services: Services
) -> None:
    key = make(owner)
    with services.sessions() as session:
        number = session.scalars(select(ApiKey.id)).one()
    hire("editor", harbour).send(f"{PAGE}/{number}/revoke")
    headers = {"Authorization": f"Bearer {key}"}
    assert owner.client.get("/api/v1/shows", headers=headers).status_code == 200


def test_an_owner_sees_and_revokes_the_keys_of_others(
    owner: Desk, hire: Callable[..., Desk], harbour: Show, services: Services
) -> None:
    editor = hire("editor", harbour)
    key = make(editor)
    with services.sessions() as session:
        row = session.scalars(select(ApiKey)).one()
    assert "Night job" in owner.get("/studio/people").text
    target = f"/studio/people/{row.staff_id}/keys/{row.id}/revoke"
    assert editor.send(target).status_code == 403
    assert "The key is revoked." in owner.send(target).text
    headers = {"Authorization": f"Bearer {key}"}
    assert owner.client.get("/api/v1/shows", headers=headers).status_code == 401
    assert owner.send(target).status_code == 404


def test_a_key_needs_a_name(owner: Desk) -> None:
    assert "Give the key a name." in owner.send(PAGE, label="").text
