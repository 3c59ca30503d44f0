# SPDX-License-Identifier: Apache-2.0
"""The pages that people look at: ``/`` and the script, style and picture that it loads.

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

from privcv_collector.api.pages.one_script import one_script
from privcv_collector.api.pages.policy import page_headers
from privcv_collector.api.parquet import can_write_parquet
from privcv_collector.queries.report_states import states_module
from privcv_collector.refused import Refused

LANGUAGES = ("en", "de")
"""Of the pages; the first is for who asks for none of them."""

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


def page_files(language: str = LANGUAGES[0]) -> dict[str, PageFile]:
    """The files of the pages by name, as they are served: the modules are one script.

    A browser gets the texts of one language only; who chooses another loads that script.
    """
    served = {
        one.name: one.read_bytes() for one in _folder().iterdir() if one.name.endswith(_AS_IT_IS)
    }
    script = script_name(language)
    page = served["index.html"].replace(b'lang="en"', f'lang="{language}"'.encode())
    served["index.html"] = page.replace(b"ui/pages.js", f"ui/{script}".encode())
    served[script] = one_script(modules(language), "app").encode()
    return {name: PageFile(name, content) for name, content in served.items()}


def modules(language: str | None = None) -> dict[str, str]:
    """The modules by name, as they are written, or with texts of one language only.

    Two are made by this program.
    """
    found = {
        one.name.removesuffix(".js"): one.read_bytes().decode()
        for one in _folder().iterdir()
        if one.name.endswith(".js")
    }
    exports = f"export const PARQUET = {json.dumps(can_write_parquet())};\n"
    if language is not None:
        found["texts"] = _texts_of(language, found["texts"])
    return {**found, "states": states_module(), "exports": exports}


def script_name(language: str) -> str:
    """Of the script in this language; English is the one without a name in it."""
    return "pages.js" if language == LANGUAGES[0] else f"pages.{language}.js"


def _texts_of(language: str, module: str) -> str:
    """The module of texts without those of other languages."""
    for other in LANGUAGES:
        if other != language:
            block = re.compile(
                rf"^const {other.upper()} = \{{\n.*?^\}};$", re.MULTILINE | re.DOTALL
            )
            module, found = block.subn(f"const {other.upper()} = null;", module)
            if found != 1:
                raise ValueError(f"texts.js: has no texts of {other}")
    return module


def _language_for(request: Request) -> str:
    """What was chosen on the page, else what the browser prefers, else English."""
    asked = [request.query_params.get("language", "")]
    for part in request.headers.get("accept-language", "")[:200].split(","):
        asked.append(part.split(";")[0].strip().split("-")[0].lower())
    return next((one for one in asked if one in LANGUAGES), LANGUAGES[0])


def _folder() -> Traversable:
    return files("privcv_collector") / "ui"


def add_dashboard(app: FastAPI) -> None:
    """Serve the pages; they are not part of the API."""
    served = {
        name if name != "index.html" else f"{language}/{name}": (
            file, gzip.compress(file.content, mtime=0),
        )
        for language in LANGUAGES
        for name, file in page_files(language).items()
    }  # fmt: skip

    def answer(request: Request, name: str) -> Response:
        file, packed = served[name]
        headers = {
            **POLICY, "ETag": file.tag, "Cache-Control": "no-cache",
            "Vary": "Accept-Encoding, Accept-Language",
        }  # fmt: skip
        if request.headers.get("if-none-match") == file.tag:
            return Response(status_code=304, headers=headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            return Response(packed, headers=headers, media_type=file.media_type)
        return Response(file.content, headers=headers, media_type=file.media_type)

    @app.get("/", include_in_schema=False)
    async def page(request: Request) -> Response:
        return answer(request, f"{_language_for(request)}/index.html")

    @app.get("/ui/{name}", include_in_schema=False)
    async def part(request: Request, name: str) -> Response:
        if name not in served:
            raise Refused(404, "not_found", "no page has such a part")
        return answer(request, name)
