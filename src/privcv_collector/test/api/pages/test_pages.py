# SPDX-License-Identifier: Apache-2.0
"""Whoever looks at a page of the collector is seen by the collector alone."""

import re
from collections import Counter
from html.parser import HTMLParser

import pytest

from privcv_collector.api.pages.dashboard import modules, page_files
from privcv_collector.api.pages.one_script import one_script

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
    assert set(page_files()) == {"index.html", "style.css", "icon.svg", "pages.js"}
    for name, file in page_files().items():
        content = file.content.decode()
        own_names = content.replace("http://www.w3.org/2000/svg", "")  # is not loaded
        assert not re.search(
            r"https?:|url\((?!#)|@import|\beval\b|innerHTML|document.write", own_names
        )
        assert not re.search(r"^import |\bimport\(", content, re.M)
        if name != "index.html":
            answer = sqlite_server.call("GET", f"/ui/{name}")
            assert answer.content == content
            assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; ")
            tag = answer.headers["ETag"]
            assert sqlite_server.call("GET", f"/ui/{name}", If_None_Match=tag).status == 304


@pytest.mark.parametrize(("language", "name"), [("en", "pages.js"), ("de", "pages.de.js")])
def test_the_script_has_each_line_of_each_module_once_and_nothing_else(language, name):
    """But for comments; ``import`` and ``export`` have the forms that can be joined."""
    script = page_files(language)[name].content.decode().split("\n")
    written = []
    for text in modules(language).values():
        inside = False
        for line in map(str.strip, text.split("\n")):
            inside = inside or line.startswith("/**")
            if line and not inside and not line.startswith("//"):
                written.append(re.sub(r"^export ", "", line))
            inside = inside and not line.endswith("*/")
            assert line.count("`") % 2 == 0, "text of several lines"
    imports = [line for line in written if line.startswith("import ")]
    rest = [line for line in written if not line.startswith("import ")]
    joins = re.compile(
        r"const (from_\w+ = \(\(\) => \{|\{ .* \} = from_\w+;)|return \{ .* \};|\}\)\(\);"
    )
    assert len(imports) == sum(line.startswith("const { ") and "= from_" in line for line in script)
    kept = Counter(line for line in script if not joins.fullmatch(line))
    assert Counter(line for line in rest if not joins.fullmatch(line)) == kept - Counter([""])


def test_each_text_is_there_in_each_language_with_the_same_values():
    texts = modules()["texts"]
    english, german = texts.index("const EN"), texts.index("const DE")
    spoken = (texts[english:german], texts[german : texts.index("export const LANGUAGES")])
    told = [
        {
            name: sorted(re.findall(r"\{\w+\}", text))
            for name, text in re.findall(r'\b([a-z]\w*): "([^"\n]*)"', one)
        }
        for one in spoken
    ]
    assert len(told[0]) > 100
    assert told[0] == told[1]


@pytest.mark.parametrize(
    ("path", "accepts", "language", "script"),
    [
        ("/", "", "en", "ui/pages.js"),
        ("/", "de-AT,de;q=0.9,en;q=0.8", "de", "ui/pages.de.js"),
        ("/", "fr,en;q=0.5,de;q=0.3", "en", "ui/pages.js"),
        ("/?language=de", "en-GB", "de", "ui/pages.de.js"),
        ("/?language=xx", "en-GB", "en", "ui/pages.js"),
    ],
)
def test_a_browser_gets_the_texts_of_one_language(sqlite_server, path, accepts, language, script):
    page = sqlite_server.call("GET", path, Accept_Language=accepts).content
    assert f'<html lang="{language}">' in page
    assert f'src="{script}"' in page
    texts = sqlite_server.call("GET", f"/{script}").content
    assert ("Sign in" in texts, "Anmelden" in texts) == (language == "en", language == "de")


def test_a_module_runs_after_those_that_it_needs():
    script = page_files()["pages.js"].content.decode()
    for name, text in modules().items():
        for needed in re.findall(r'from "\./(\w+)\.js";', text):
            needed_at, at = (script.index(f"const from_{one} = ") for one in (needed, name))
            assert needed_at < at, (name, needed)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('import x from "./b.js";', "cannot join"),
        ('import { x as y } from "./b.js";', "cannot join"),
        ("export default 1;", "cannot join"),
        ("export let x = 1;", "cannot join"),
        ('import { a } from "./a.js";', "needs itself"),
    ],
)
def test_what_cannot_be_joined_is_refused(text, words):
    with pytest.raises(ValueError, match=words):
        one_script({"a": text, "b": "export const x = 1;"}, "a")


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
