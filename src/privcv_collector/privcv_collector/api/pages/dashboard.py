# SPDX-License-Identifier: Apache-2.0
"""The pages that people look at: ``/`` and the script, style and picture that it loads.

All are files of this package, but for the marks and words of states, which this program uses too,
and what it can export. They are read once when the application is made and come from nowhere else;
the page's policy lets a browser load nothing else and make no script of any text.
"""

import gzip
import hashlib
import json
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

from fastapi import FastAPI, Request, Response

from privcv_collector.api.pages.one_script import one_script
from privcv_collector.api.pages.policy import page_headers
from privcv_collector.api.parquet import can_write_parquet
from privcv_collector.queries.report_states import states_module
from privcv_collector.refused import Refused

_KINDS = {"html": "text/html", "js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}

_AS_IT_IS = (".html", ".css", ".svg")

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
    """The files of the pages by name, as they are served: the modules are one script."""
    served = {
        one.name: one.read_bytes() for one in _folder().iterdir() if one.name.endswith(_AS_IT_IS)
    }
    served["pages.js"] = one_script(modules(), "app").encode()
    return {name: PageFile(name, content) for name, content in served.items()}


def modules() -> dict[str, str]:
    """The modules by name, as they are written; two are made by this program."""
    found = {
        one.name.removesuffix(".js"): one.read_bytes().decode()
        for one in _folder().iterdir()
        if one.name.endswith(".js")
    }
    exports = f"export const PARQUET = {json.dumps(can_write_parquet())};\n"
    return {**found, "states": states_module(), "exports": exports}


def _folder() -> Traversable:
    return files("privcv_collector") / "ui"


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
