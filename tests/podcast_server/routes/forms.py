"""The forms that pages hold: where they lead, what is filled in, what may be chosen."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from lxml import html


@dataclass(frozen=True)
class Form:
    """One form of a page: where it is sent, and for each field the values a visitor can send."""

    path: str
    query: str
    method: str
    fields: tuple[tuple[str, tuple[str, ...]], ...]
    files: tuple[str, ...]


def forms_of(page: bytes, path: str) -> list[Form]:
    """All forms, buttons that lead elsewhere included."""
    tree = html.document_fromstring(page)
    return [form for element in tree.iter("form") for form in _forms(element, path)]


def _forms(element: html.HtmlElement, path: str) -> list[Form]:
    method = (element.get("method") or "get").upper()
    fields: dict[str, list[str]] = {}
    files: list[str] = []
    targets = [element.get("action") or path]
    for field in [*element.iter("input", "select", "textarea", "button"), *_outside(element)]:
        if field.get("formaction"):
            targets.append(field.get("formaction"))
        name = field.get("name")
        if not name:
            continue
        if field.get("type") == "file":
            files.append(name)
        else:
            fields.setdefault(name, []).extend(_values(field))
    made = tuple((name, tuple(dict.fromkeys(values))) for name, values in fields.items())
    return [
        Form(urlsplit(target).path or path, urlsplit(target).query, method, made, tuple(files))
        for target in dict.fromkeys(targets)
    ]


def _outside(element: html.HtmlElement) -> list[html.HtmlElement]:
    """Fields that stand elsewhere on the page and belong to this form by its id."""
    name = element.get("id")
    return element.getroottree().xpath("//*[@form=$name]", name=name) if name else []


def _values(field: html.HtmlElement) -> list[str]:
    if field.tag == "select":
        return [option.get("value") or option.text or "" for option in field.iter("option")]
    if field.tag == "textarea":
        return [field.text or ""]
    if field.get("type") in {"checkbox", "radio"}:
        return [field.get("value") or "on"]
    return [field.get("value") or _likely(field)]


def _likely(field: html.HtmlElement) -> str:
    """What somebody would type into an empty field of a kind."""
    return {
        "email": "somebody@example.org",
        "number": field.get("min") or "3",
        "date": "2030-01-02",
        "datetime-local": "2030-01-02T03:04",
        "time": "03:04",
        "url": "https://example.org/page",
        "color": "#123456",
        "password": "three harbour seals",
        "search": "storm",
    }.get(field.get("type") or "text", "Words")
