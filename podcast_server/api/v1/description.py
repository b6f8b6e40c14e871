"""``/api/v1/openapi.json``: what can be asked for, made from what there is (OpenAPI 3.1)."""

from __future__ import annotations

import re
from typing import Any

from flask import Response, jsonify
from pydantic import TypeAdapter

from podcast_server.api.v1.door import OPERATIONS, Operation, blueprint
from podcast_server.api.v1.shapes import Problem

_REF = "#/components/schemas/{model}"
_PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """The description; anybody may read it."""
    return jsonify(describe())


def describe() -> dict[str, Any]:
    """The whole document."""
    schemas: dict[str, Any] = {}
    paths: dict[str, dict[str, Any]] = {}
    for each in OPERATIONS:
        path = _PARAMETER.sub(r"{\2}", each.path)
        paths.setdefault(path, {})[each.method.lower()] = _operation(each, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "podcast_server", "version": "1"},
        "servers": [{"url": "/api/v1"}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(each: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": "done"}
    if each.answer is not None:
        answer["content"] = _json(each.answer, schemas)
    problem = {"application/problem+json": _json(Problem, schemas)["application/json"]}
    told: dict[str, Any] = {
        "summary": each.summary,
        "parameters": [
            {
                "name": name,
                "in": "path",
                "required": True,
                "schema": {"type": "integer" if kind == "int" else "string"},
            }
            for kind, name in _PARAMETER.findall(each.path)
        ],
        "responses": {
            str(each.status if each.answer is not None else 204): answer,
            "default": {"description": "what went wrong (RFC 9457)", "content": problem},
        },
    }
    if each.body is not None:
        told["requestBody"] = {"required": True, "content": _json(each.body, schemas)}
    elif each.method == "PUT":
        told["requestBody"] = {"required": True, "content": {"application/octet-stream": {}}}
    return told


def _json(shape: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    schema = TypeAdapter(shape).json_schema(ref_template=_REF)
    schemas.update(schema.pop("$defs", {}))
    name = getattr(shape, "__name__", "")
    if schema.get("type") == "object" and name:
        schemas[name] = schema
        schema = {"$ref": _REF.format(model=name)}
    return {"application/json": {"schema": schema}}
