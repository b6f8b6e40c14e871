"""Bodies of requests: forms as pages show them, JSON as the API describes it, files, and worse."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PIL import Image
from werkzeug.datastructures import FileStorage
from werkzeug.test import EnvironBuilder

from tests.podcast_server.routes import hostile
from tests.podcast_server.routes.forms import Form

FORM, JSON, BYTES = (
    "application/x-www-form-urlencoded",
    "application/json",
    "application/octet-stream",
)


@dataclass(frozen=True)
class Body:
    """What is sent and what it says it is."""

    kind: str
    data: bytes


def _picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (1400, 1400), "#225577").save(out, "PNG")
    return out.getvalue()


FILES: tuple[tuple[str, bytes], ...] = (
    ("cover.png", _picture()),
    ("members.csv", b"email,name\nida@example.org,Ida\n"),
    ("words.vtt", b"WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n"),
    ("feed.xml", b"<rss version='2.0'><channel><title>T</title></channel></rss>"),
    ("sound.mp3", b"ID3" + bytes(2000)),
    ("", b""),
    ("..\\..\\x\x00.png", b"\x89PNG\r\n\x1a\n" + bytes(50)),
    ("a" * 400, b"\xff" * 5000),
)
# What scripts of our own pages send, where no form says it.
SENT_BY_SCRIPTS: Mapping[str, Mapping[str, str]] = {
    "listen.position": {"seconds": "12.5", "finished": ""},
    "studio_episode.preview": {"notes": "**Words**"},
    "studio_numbers.page": {"days": "30"},
}
JSON_BY_SCRIPTS: Mapping[str, Any] = {
    "studio_uploads.begin": {"name": "a.mp3", "size": 900, "fingerprint": "f", "episode": ""},
    "studio_passkeys.add": {"id": "YQ", "rawId": "YQ", "type": "public-key", "response": {}},
    "studio_passkeys.enter": {"id": "YQ", "rawId": "YQ", "type": "public-key", "response": {}},
}


def filled(form: Form, token: str, dice: random.Random, hostile_fields: int) -> Body:
    """A form as a visitor sends it, with so many of its fields not as a visitor would."""
    fields = {
        name: values[0] if not hostile_fields or dice.random() < 0.5 else dice.choice(values)
        for name, values in form.fields
        if values
    }
    for name in dice.sample(sorted(fields), min(hostile_fields, len(fields))):
        fields[name] = hostile.piece(dice)
        if dice.random() < 0.15:
            del fields[name]
    if "csrf_token" in fields or form.method == "POST":
        fields["csrf_token"] = token
    files = {
        name: FileStorage(io.BytesIO(data), filename=called)
        for name in form.files
        for called, data in [dice.choice(FILES) if hostile_fields else _fitting(name)]
    }
    return _encoded(fields, files)


def _fitting(name: str) -> tuple[str, bytes]:
    words = {"artwork": 0, "cover": 0, "image": 0, "table": 1, "transcript": 2, "feed": 3}
    return FILES[next((at for word, at in words.items() if word in name), 4)]


def _encoded(fields: Mapping[str, str], files: Mapping[str, FileStorage]) -> Body:
    safe = {name: text.encode("utf-8", "replace").decode() for name, text in fields.items()}
    builder = EnvironBuilder(method="POST", data={**safe, **files})
    environ = builder.get_environ()
    return Body(environ["CONTENT_TYPE"] if safe or files else FORM, environ["wsgi.input"].read())


def simple_form(fields: Mapping[str, str], token: str) -> Body:
    """Fields that a script sends."""
    return _encoded({**fields, "csrf_token": token}, {})


def pieces_of_a_file(token: str) -> Body:
    """What a script sends of a file, so that its tags are read early."""
    piece = FileStorage(io.BytesIO(b"ID3" + bytes(500)), filename="0")
    return _encoded({"csrf_token": token}, {"0": piece})


def signed_notice(secret: str, dice: random.Random) -> tuple[Body, str]:
    """A webhook as the provider signs it, and the signature."""
    event = {
        "id": f"evt_{dice.randrange(10**9)}",
        "object": "event",
        "livemode": False,
        "type": dice.choice(("invoice.paid", "checkout.session.completed", "unheard.of")),
        "data": {"object": {"id": "x", "object": dice.choice(("invoice", "subscription", "?"))}},
    }
    data = json.dumps(event).encode()
    at = int(time.time())
    mark = hmac.new(secret.encode(), f"{at}.".encode() + data, hashlib.sha256).hexdigest()
    return Body(JSON, data), f"t={at},v1={mark}"


def as_described(
    schema: Mapping[str, Any], schemas: Mapping[str, Any], dice: random.Random, odd: int
) -> Body:
    """A JSON body by its schema (JSON Schema 2020-12), with so many odd members."""
    made = _by_schema(schema, schemas, dice)
    if isinstance(made, dict):
        for name in dice.sample(sorted(made), min(odd, len(made))):
            made[name] = hostile.value_for_json(dice)
    return to_json(made)


def to_json(value: object) -> Body:
    return Body(JSON, json.dumps(value).encode("utf-8", "replace"))


def _by_schema(schema: Mapping[str, Any], schemas: Mapping[str, Any], dice: random.Random) -> Any:
    if "$ref" in schema:
        return _by_schema(schemas[schema["$ref"].rsplit("/", 1)[1]], schemas, dice)
    if "anyOf" in schema:
        return _by_schema(dice.choice(schema["anyOf"]), schemas, dice)
    if "enum" in schema:
        return dice.choice(schema["enum"])
    kind = schema.get("type", "object")
    if kind == "object":
        wanted = schema.get("required", ())
        return {
            name: _by_schema(each, schemas, dice)
            for name, each in schema.get("properties", {}).items()
            if name in wanted or dice.random() < 0.4
        }
    if kind == "array":
        return [
            _by_schema(schema.get("items", {}), schemas, dice) for _ in range(dice.randrange(3))
        ]
    return _simple(kind, schema)


def _simple(kind: str, schema: Mapping[str, Any]) -> Any:
    if kind == "string":
        text = "2030-01-02T03:04:05Z" if schema.get("format") == "date-time" else "a@example.org"
        return text[: schema.get("maxLength", 99)]
    return {"integer": 1, "number": 1.5, "boolean": True, "null": None}[kind]
