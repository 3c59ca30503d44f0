# SPDX-License-Identifier: Apache-2.0
"""The pages that people look at: ``/`` and the modules, style and picture that it loads.

All are files of this package, but for the marks and words of states, which this program uses too,
and what it can export. They are read once when the application is made and come from nowhere else;
the page's policy lets a browser load nothing else and make no script of any text.
"""

import gzip
import hashlib
import json
import re
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

from fastapi import FastAPI, Request, Response

from privcv_collector.api.pages.policy import page_headers
from privcv_collector.api.parquet import can_write_parquet
from privcv_collector.queries.report_states import states_module
from privcv_collector.refused import Refused

_KINDS = {"html": "text/html", "js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}

_COMMENT = re.compile(r"^ *(?://[^\n]*|/\*\*.*?\*/) *$", re.MULTILINE | re.DOTALL)
_INDENT = re.compile(r"^ +", re.MULTILINE)

POLICY = page_headers(
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
)


@dataclass(frozen=True)
class PageFile:
    """One file of the pages."""

    name: str
    content: bytes

    @property
    def media_type(self) -> str:
        """As its name ends."""
        return _KINDS[self.name.rsplit(".", 1)[-1]]

    @property
    def tag(self) -> str:
        """The file's entity tag."""
        return f'"{hashlib.sha256(self.content).hexdigest()}"'


def page_files() -> dict[str, PageFile]:
    """The files of the pages by name."""
    folder: Traversable = files("privcv_collector") / "ui"
    found = {
        one.name: PageFile(one.name, _light(one.name, one.read_bytes().decode()).encode())
        for one in folder.iterdir()
        if one.name.rsplit(".", 1)[-1] in _KINDS
    }
    made = {
        "states.js": states_module(),
        "exports.js": f"export const PARQUET = {json.dumps(can_write_parquet())};\n",
    }
    return {**found, **{name: PageFile(name, text.encode()) for name, text in made.items()}}


def _light(name: str, text: str) -> str:
    """A module without comments and indents, which are a sixth of its weight; lines stay lines."""
    if not name.endswith(".js"):
        return text
    text = _COMMENT.sub(lambda found: "\n" * found.group().count("\n"), text)
    return _INDENT.sub("", text)


def add_dashboard(app: FastAPI) -> None:
    """Serve the pages; they are not part of the API."""
    served = {
        name: (file, gzip.compress(file.content, mtime=0)) for name, file in page_files().items()
    }

    def answer(request: Request, name: str) -> Response:
        file, packed = served[name]
        headers = {
            **POLICY, "ETag": file.tag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding",
        }  # fmt: skip
        if request.headers.get("if-none-match") == file.tag:
            return Response(status_code=304, headers=headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            return Response(packed, headers=headers, media_type=file.media_type)
        return Response(file.content, headers=headers, media_type=file.media_type)

    @app.get("/", include_in_schema=False)
    async def page(request: Request) -> Response:
        return answer(request, "index.html")

    @app.get("/ui/{name}", include_in_schema=False)
    async def part(request: Request, name: str) -> Response:
        if name not in served:
            raise Refused(404, "not_found", "no page has such a part")
        return answer(request, name)
