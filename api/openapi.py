"""The OpenAPI 3.1 document: Litestar's, with the bodies that hot routes parse themselves and the problems."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from litestar import Litestar, Request, Router, get
from pydantic import BaseModel

from api.http import Answer
from farm.errors import CODES
from farm.jobs import JobKind

PREFIX = "/api/v1"


@dataclass(frozen=True, kw_only=True)
class Raw:
    """A body that is no JSON document."""

    media_type: str
    description: str
    example: str = ""


class Body:
    """A route's ``opt["body"]``: what it reads, for the document alone."""

    def __init__(
        self,
        model: type[BaseModel] | None = None,
        *,
        raw: Raw | None = None,
        jobs: bool = False,
        struct: type[msgspec.Struct] | None = None,
        example: Mapping[str, Any] | None = None,
    ) -> None:
        self.model = model
        self.raw = raw
        self.jobs = jobs
        self.struct = struct
        self.example = example


PROBLEM: Mapping[str, Any] = {
    "type": "object",
    "description": "RFC 9457 problem details; `code` is stable, `title` is in English or Korean (Accept-Language)",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "examples": sorted(CODES)[:5]},
        "detail": {"type": "string", "description": "A sentence that says what to change"},
        "instance": {"type": "string"},
        "errors": {
            "type": "array",
            "maxItems": 50,
            "items": {
                "type": "object",
                "properties": {key: {"type": "string"} for key in ("path", "message", "code")},
            },
        },
    },
}


def document(app: Litestar, kinds: Mapping[str, JobKind]) -> dict[str, Any]:
    """The whole document as JSON-ready data."""
    found: dict[str, Any] = app.openapi_schema.to_schema()
    components = found.setdefault("components", {})
    schemas: dict[str, Any] = components.setdefault("schemas", {})
    schemas["Problem"] = dict(PROBLEM)
    bodies = _bodies(app)
    for path, operations in found.get("paths", {}).items():
        for method, operation in operations.items():
            if not isinstance(operation, dict):
                continue
            responses = operation.setdefault("responses", {})
            responses.pop("400", None)
            responses["default"] = {
                "description": "A problem",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }
            body = bodies.get((path, method.upper()))
            if body is not None:
                operation["requestBody"] = _request_body(body, kinds, schemas)
    return found


def _bodies(app: Litestar) -> dict[tuple[str, str], Body]:
    found = {}
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if "body" in handler.opt:
                # Litestar's "{id:str}" is OpenAPI's "{id}".
                path = "".join(part.split(":")[0] + "}" if ":" in part else part for part in _pieces(route.path))
                for method in handler.http_methods:
                    found[path, str(getattr(method, "value", method))] = handler.opt["body"]
    return found


def _pieces(path: str) -> list[str]:
    """The path cut behind every closing brace, so that a piece has one parameter at most."""
    return [piece.removesuffix("}") if ":" in piece else piece for piece in path.replace("}", "}\0").split("\0")]


def _request_body(body: Body, kinds: Mapping[str, JobKind], schemas: dict[str, Any]) -> dict[str, Any]:
    if body.raw is not None:
        content: dict[str, Any] = {"schema": {"type": "string"}}
        if body.raw.example:
            content["example"] = body.raw.example
        return {
            "required": True,
            "description": body.raw.description,
            "content": {body.raw.media_type: content},
        }
    if body.jobs:
        choices, examples = [], {}
        for kind in kinds.values():
            schema = {
                "type": "object",
                "title": f"{kind.name} job",
                "description": kind.summary,
                "required": ["kind", "spec"],
                "additionalProperties": False,
                "properties": {
                    "kind": {"const": kind.name},
                    "spec": _reference(kind.spec, schemas),
                    "priority": {"type": "integer", "minimum": -10, "maximum": 10, "default": 0},
                    "output_name": {"type": ["string", "null"], "maxLength": 200},
                },
            }
            choices.append(schema)
            examples[kind.name] = {"summary": kind.summary, "value": {"kind": kind.name, "spec": dict(kind.example)}}
        return {
            "required": True,
            "content": {"application/json": {"schema": {"oneOf": choices}, "examples": examples}},
        }
    if body.struct is not None:
        (reference,), found = msgspec.json.schema_components(
            (body.struct,), ref_template="#/components/schemas/{name}"
        )
        schemas.update(found)
        content = {"schema": reference}
        if body.example is not None:
            content["example"] = dict(body.example)
        return {"required": False, "content": {"application/json": content}}
    assert body.model is not None
    example = (body.model.model_config.get("json_schema_extra") or {}).get("example")  # type: ignore[union-attr]
    content = {"schema": _reference(body.model, schemas)}
    if example is not None:
        content["example"] = example
    return {"required": True, "content": {"application/json": content}}


def _reference(model: type[BaseModel], schemas: dict[str, Any]) -> dict[str, str]:
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(schema.pop("$defs", {}))
    schemas[model.__name__] = schema
    return {"$ref": f"#/components/schemas/{model.__name__}"}


PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>The farm's HTTP interface</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1d1d1f}
h1{font-size:1.6rem}h2{font-size:1.15rem;margin:2.2rem 0 .5rem;text-transform:capitalize}
details{border:1px solid #ddd;border-radius:6px;margin:.4rem 0}summary{padding:.5rem .8rem;cursor:pointer}
summary code{font-weight:600}.m{display:inline-block;min-width:4.2rem;font:600 .8rem ui-monospace,monospace}
.in{padding:.2rem 1rem 1rem}pre{background:#f6f6f4;padding:.8rem;overflow:auto;border-radius:6px;font-size:.85rem}
table{border-collapse:collapse}td{padding:.15rem 1rem .15rem 0;vertical-align:top}</style>
<h1>The farm's HTTP interface</h1>
<p>Send <code>Authorization: Bearer &lt;token&gt;</code>. The whole description, with every schema:
<a href="/api/v1/openapi.json">openapi.json</a>.</p>
"""


def page(found: Mapping[str, Any]) -> str:
    """The document as one HTML page that needs nothing from elsewhere, not even a script."""
    import json
    from html import escape

    groups: dict[str, list[str]] = {}
    for path, operations in found.get("paths", {}).items():
        for method, operation in operations.items():
            if not isinstance(operation, dict):
                continue
            rows = "".join(
                f"<tr><td><code>{escape(p['name'])}</code></td><td>{escape(p['in'])}</td>"
                f"<td>{escape(p.get('description') or '')}</td></tr>"
                for p in operation.get("parameters", ())
            )
            inside = f"<p>{escape(operation.get('description') or '')}</p>"
            inside += f"<table>{rows}</table>" if rows else ""
            for media, content in operation.get("requestBody", {}).get("content", {}).items():
                examples = [one["value"] for one in content.get("examples", {}).values()]
                examples += [content["example"]] if "example" in content else []
                inside += f"<p>Body: <code>{escape(media)}</code></p>"
                for one in examples:
                    text = one if isinstance(one, str) else json.dumps(one, indent=2, ensure_ascii=False)
                    inside += f"<pre>{escape(text)}</pre>"
            groups.setdefault((operation.get("tags") or ["farm"])[0], []).append(
                f'<details><summary><span class="m">{method.upper()}</span> <code>{escape(path)}</code> '
                f'{escape(operation.get("summary") or "")}</summary><div class="in">{inside}</div></details>'
            )
    return PAGE + "".join(f"<h2>{escape(tag)}</h2>{''.join(rows)}" for tag, rows in groups.items()) + "</html>"


@get(["/openapi.json", f"{PREFIX}/openapi.json"], include_in_schema=False)
async def openapi_json(request: Request[Any, Any, Any]) -> Answer:
    """The document."""
    return Answer(_cached(request.app), media_type=b"application/json")


@get(["/docs", f"{PREFIX}/docs"], include_in_schema=False)
async def docs_page(request: Request[Any, Any, Any]) -> Answer:
    """The document for people."""
    style = (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
    body = page(_cached(request.app)).encode()
    return Answer(body=body, headers=[style], media_type=b"text/html; charset=utf-8")


def _cached(app: Litestar) -> dict[str, Any]:
    found: dict[str, Any] | None = app.state.get("openapi_document")
    if found is None:
        found = app.state.openapi_document = document(app, app.state.kinds)
    return found


ROUTES = Router("/", route_handlers=[openapi_json, docs_page])
