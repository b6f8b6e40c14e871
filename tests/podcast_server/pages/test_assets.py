"""Styles, scripts and covers: named by content, kept for a year."""

from __future__ import annotations

import io
import re
from pathlib import Path

from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy.orm import Session

from episodes.artwork import prepare_artwork
from episodes.models import Show
from episodes.storage.base import Storage
from episodes.storage.keys import artwork_key
from episodes.storage.small import put_bytes
from podcast_server.pages.assets import Assets
from podcast_server.pages.public.artwork.variants import variant_address, variant_set
from podcast_server.services import Services


def put_cover(storage: Storage, show: Show) -> str:
    picture = io.BytesIO()
    Image.new("RGB", (1400, 1400), "#246").save(picture, "PNG")
    cover = prepare_artwork(picture.getvalue())
    key = artwork_key(show.id, cover.sha256, cover.extension)
    put_bytes(storage, key, cover.data, content_type=cover.mime)
    return key


def style_address(client: FlaskClient) -> str:
    found = re.search(r'href="(/assets/[^"]+site\.css)"', client.get("/").text)
    assert found
    return found[1]


def test_an_asset_is_kept_for_a_year_under_a_name_made_of_content(client: FlaskClient) -> None:
    style = client.get(style_address(client))
    assert style.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert style.content_type == "text/css; charset=utf-8"
    zipped = client.get(style_address(client), headers={"Accept-Encoding": "gzip"})
    assert len(zipped.data) < len(style.data) / 3


def test_an_address_of_an_older_version_still_answers_but_is_not_kept(client: FlaskClient) -> None:
    old = re.sub(r"/assets/\w+/", "/assets/000000000000/", style_address(client))
    assert client.get(old).status_code == 200
    assert client.get(old).headers["Cache-Control"] == "no-cache"


def test_any_change_makes_all_addresses_new(tmp_path: Path) -> None:
    (tmp_path / "one.js").write_text("import './two.js'")
    (tmp_path / "two.js").write_text("1")
    before = Assets(tmp_path)
    (tmp_path / "two.js").write_text("2")
    assert Assets(tmp_path).digest != before.digest
    assert Assets(tmp_path).url("one.js") != before.url("one.js")


def test_the_base_style_is_put_in_place_as_a_layer(client: FlaskClient) -> None:
    css = client.get(style_address(client)).text
    assert "@import" not in css
    assert css.index("@layer base {") < css.index("--accent:")


def test_templates_are_not_assets(client: FlaskClient) -> None:
    address = style_address(client).replace("site.css", "base.html")
    assert client.get(address).status_code == 404


def test_a_cover_comes_in_the_size_asked_and_once_made_is_kept(
    client: FlaskClient, session: Session, storage: Storage, show: Show, services: Services
) -> None:
    key = put_cover(storage, show)
    address = variant_address(key, 300)
    assert address.startswith("/covers/320/")
    answer = client.get(address)
    assert Image.open(io.BytesIO(answer.data)).size == (320, 320)
    assert answer.headers["Cache-Control"].endswith("immutable")
    storage.delete(key)
    assert client.get(address).data == answer.data
    again = client.head(address, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_pages_take_covers_as_webp_and_in_many_widths(
    client: FlaskClient, session: Session, storage: Storage, show: Show
) -> None:
    addresses = [entry.split() for entry in variant_set(put_cover(storage, show)).split(", ")]
    for address, width in addresses:
        answer = client.get(address)
        assert answer.content_type == "image/webp"
        assert Image.open(io.BytesIO(answer.data)).size == (int(width[:-1]),) * 2


def test_a_cover_that_is_gone_is_not_found(client: FlaskClient) -> None:
    assert client.get(f"/covers/320/1/artwork-{'a' * 32}.jpg").status_code == 404
