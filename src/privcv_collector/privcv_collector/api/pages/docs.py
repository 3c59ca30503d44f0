# SPDX-License-Identifier: Apache-2.0
"""The API's description at ``/docs`` for people: one page, made here, that loads nothing.

An auditor's browser must not tell a third party that it looked: no script, no font, no style comes
from elsewhere, and the page's policy forbids it. Programs read ``/openapi.json``.
"""

import json
from collections.abc import Iterator
from html import escape
from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from privcv_collector.api.openapi import describe
from privcv_collector.api.pages.policy import page_headers, source_of

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;
color:#222;background:#fff}
h2{margin:2.5rem 0 .5rem;text-transform:capitalize}h3{margin:1.5rem 0 .25rem;font-size:1rem}
code{font:.95em ui-monospace,monospace}table{border-collapse:collapse;margin:.25rem 0}
td,th{text-align:left;padding:.15rem .8rem .15rem 0;vertical-align:top;font-weight:normal}
th{color:#767676}p{margin:.25rem 0}
@media(prefers-color-scheme:dark){body{color:#eee;background:#181818}th{color:#999}a{color:#9cf}}
"""


def add_docs_page(app: FastAPI) -> None:
    """Serve the page; it is not part of the API that it describes."""
    headers = page_headers(f"style-src {source_of(_STYLE)}")

    @app.get("/docs", include_in_schema=False)
    async def api_page() -> HTMLResponse:
        return HTMLResponse(render(describe(app)), headers=headers)


def render(description: dict[str, Any]) -> str:
    """HTML of an OpenAPI description."""
    return "".join(_page(description))


def _page(description: dict[str, Any]) -> Iterator[str]:
    title, about = (escape(description["info"][part]) for part in ("title", "description"))
    yield '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
    yield f'<title>{title}</title><meta name="viewport" content="width=device-width">'
    yield f"<style>{_STYLE}</style></head><body><h1>{title}</h1><p>{about}</p>"
    yield '<p>For programs: <a href="openapi.json">openapi.json</a>.</p>\n'
    groups: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            groups.setdefault(operation["tags"][0], []).append((method, path, operation))
    for group, members in groups.items():
        yield f"<h2>{escape(group)}</h2>\n"
        for member in members:
            yield from _operation(*member)
    yield "<h2>Contents</h2>\n"
    for name, schema in description["components"]["schemas"].items():
        yield f'<h3 id="{escape(name)}"><code>{escape(name)}</code></h3>'
        yield f"<p>{escape(schema.get('description', ''))}</p>"
        required = schema.get("required", ())
        yield from _table(
            (member, _type(value) + ("" if member in required else ", optional"), value)
            for member, value in schema.get("properties", {}).items()
        )
    yield "</body></html>\n"


def _operation(method: str, path: str, operation: dict[str, Any]) -> Iterator[str]:
    yield f"<h3><code>{method.upper()} {escape(path)}</code></h3>"
    yield f"<p>{escape(operation.get('description') or operation['summary'])}</p>"
    yield from _table(
        (
            f"{parameter['name']} ({parameter['in']})",
            _type(parameter["schema"]) + ("" if parameter.get("required") else ", optional"),
            {**parameter["schema"], **parameter},
        )
        for parameter in operation.get("parameters", ())
    )
    if body := operation.get("requestBody"):
        yield f"<p>Body: {_contents(body)}</p>"
    answers: dict[str, list[str]] = {}
    for status, answer in operation["responses"].items():
        answers.setdefault(_contents(answer), []).append(escape(status))
    listed = (f"{', '.join(statuses)} {content}" for content, statuses in answers.items())
    yield f"<p>Answers: {'; '.join(listed)}</p>\n"


def _contents(holder: dict[str, Any]) -> str:
    found = holder.get("content", {}).items()
    return ", ".join(_type(value.get("schema", {})) or escape(kind) for kind, value in found)


def _table(rows: Iterator[tuple[str, str, dict[str, Any]]]) -> Iterator[str]:
    yield "<table>"
    for name, kind, about in rows:
        yield f"<tr><td><code>{escape(name)}</code></td><th>{kind}</th>"
        yield f"<td>{escape(about.get('description', ''))}</td></tr>"
    yield "</table>\n"


def _type(schema: dict[str, Any]) -> str:
    """What a value is, in a few words, with a link where it has a name."""
    if reference := schema.get("$ref"):
        name = escape(reference.rsplit("/", 1)[-1])
        return f'<a href="#{name}">{name}</a>'
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return " or ".join(_type(one) for one in schema[choice])
    if "const" in schema or "enum" in schema:
        values = schema.get("enum", [schema.get("const")])
        return escape(" | ".join(json.dumps(value) for value in values))
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    words = " ".join(filter(None, (schema.get("type", ""), schema.get("format", ""))))
    bounds = [
        f"{sign} {schema[name]}"
        for name, sign in (
            ("minimum", "≥"),
            ("exclusiveMinimum", ">"),
            ("maximum", "≤"),
            ("exclusiveMaximum", "&lt;"),
        )
        if name in schema
    ]
    if pattern := schema.get("pattern"):
        bounds.append(f"<code>{escape(pattern)}</code>")
    return " ".join((escape(words), *bounds))
