# SPDX-License-Identifier: Apache-2.0
"""Whoever looks at a page of the collector is seen by the collector alone."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from privcv_collector.api.pages import dashboard
from privcv_collector.api.pages.dashboard import page_files

LOADED_FROM = {"src", "href", "action", "formaction", "data", "poster", "srcset", "background"}
ANSWERS_IN_HTML = ("/", "/docs")
OTHERS = ("/redoc", "/docs/oauth2-redirect", "/favicon.ico", "/nowhere", "/healthz", "/metrics")


class References(HTMLParser):
    """What a browser would load, follow or run."""

    def __init__(self, page):
        super().__init__()
        self.found, self.ids, self.code = [], set(), ""
        self._inside = ""
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self._inside = tag
        for name, value in attributes:
            if name in LOADED_FROM:
                self.found.append(value)
            if name == "id":
                self.ids.add(value)
            assert not name.startswith("on"), "an inline handler"
        assert tag not in {"base", "iframe", "object", "embed", "img"}

    def handle_data(self, data):
        if self._inside in ("script", "style"):
            self.code += data


@pytest.mark.parametrize("path", ANSWERS_IN_HTML)
def test_no_page_refers_to_another_host(sqlite_server, path):
    answer = sqlite_server.call("GET", path)
    assert answer.headers.get_content_type() == "text/html"
    assert "//" not in answer.content.replace("<!doctype", "")  # no URL with a host, anywhere
    page = References(answer.content)
    for reference in page.found:
        assert re.fullmatch(r"#\w+|openapi\.json|ui/\w+\.(js|css|svg)", reference), reference
        assert not reference.startswith("#") or reference[1:] in page.ids, reference
    assert "url(" not in page.code
    assert "@import" not in page.code
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert not re.search(r"https?:|\*|unsafe", policy)
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_what_a_page_loads_is_there_and_loads_nothing_else(sqlite_server):
    assert len(page_files()) > 8
    for name, file in page_files().items():
        content = file.content.decode()
        own_names = content.replace("http://www.w3.org/2000/svg", "")  # is not loaded
        assert not re.search(
            r"https?:|url\((?!#)|@import|\beval\b|innerHTML|document.write", own_names
        )
        for imported in re.findall(r"^import .* from (\S+);$", content, re.M):
            assert imported[1:3] == "./"
            assert imported[3:-1] in page_files()
        if name != "index.html":
            answer = sqlite_server.call("GET", f"/ui/{name}")
            assert answer.content == content
            assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; ")
            tag = answer.headers["ETag"]
            assert sqlite_server.call("GET", f"/ui/{name}", If_None_Match=tag).status == 304


def test_a_module_is_served_without_comments_and_is_else_the_same():
    """Line by line, so that an error on the console still says where it was."""
    folder = Path(dashboard.__file__).parents[2] / "ui"
    for name, file in page_files().items():
        if not name.endswith(".js") or not (folder / name).exists():
            continue
        written = (folder / name).read_text("utf-8").split("\n")
        served = file.content.decode().split("\n")
        assert len(served) == len(written), name
        inside = False
        for before, after in zip(written, served, strict=True):
            before = before.strip(" ")
            inside = inside or before.startswith("/**")
            is_comment = inside or before.startswith("//")
            inside = inside and not before.endswith("*/")
            assert after == ("" if is_comment else before), (name, before)
            assert "`" not in before or before.count("`") % 2 == 0, "text of several lines"


def test_every_page_is_among_those(sqlite_server):
    """A new page has to be added above; nothing else answers in HTML."""
    api = sqlite_server.call("GET", "/openapi.json").content["paths"]
    beside = {getattr(route, "path", "/") for route in sqlite_server.app.routes}
    for path in sorted({*api, *beside, *OTHERS}):
        kind = sqlite_server.call("GET", path).headers.get_content_type()
        assert (kind == "text/html") == (path in ANSWERS_IN_HTML), path


def test_the_description_names_every_operation_and_content(sqlite_server):
    page = sqlite_server.call("GET", "/docs").content
    described = sqlite_server.call("GET", "/openapi.json").content
    for path, operations in described["paths"].items():
        for method in operations:
            assert f"<code>{method.upper()} {path}</code>" in page
    ids = References(page).ids
    assert ids == set(described["components"]["schemas"])
    for schema in described["components"]["schemas"].values():
        for member in schema.get("properties", {}):
            assert f"<code>{member}</code>" in page
