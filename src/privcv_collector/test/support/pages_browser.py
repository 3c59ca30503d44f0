# SPDX-License-Identifier: Apache-2.0
"""A real browser at the collector's pages, which may do nothing that a page must not do."""

import importlib.util
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from collector_client import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page, Request

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
THEMES: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "forced": {"forced_colors": "active"},
    "narrow": {"viewport": {"width": 320, "height": 640}},
}


def why_no_browser() -> str:
    """Why pages cannot be looked at here; '' where they can."""
    if importlib.util.find_spec("playwright") is None:
        return "needs playwright: make test-pages"
    return "" if CHROMIUM else "needs chromium"


@contextmanager
def running_browser() -> Iterator["Browser"]:
    """Debian's Chromium, without a window."""
    if reason := why_no_browser():
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def looked_at(
    browser: "Browser", server: Server, *, expected: str = "", **options: Any
) -> Iterator["Page"]:
    """A page of ``server`` in a browser of its own. Fails where the page asks another host, breaks
    its policy, or says an error on the console that does not hold ``expected``."""
    context = browser.new_context(locale="en-GB", timezone_id="Asia/Tokyo", **options)
    page = context.new_page()
    page.set_default_timeout(60_000)  # the machine may be busy
    faults: list[str] = []

    def hear(said: "ConsoleMessage") -> None:
        if said.type == "error":
            faults.append(said.text)

    def follow(asked: "Request") -> None:
        if not asked.url.startswith(server.url):
            faults.append(f"asked {asked.url}")

    page.on("console", hear)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", follow)
    page.add_init_script(
        "addEventListener('securitypolicyviolation', (event) => console.error(event.blockedURI))"
    )
    yield page
    context.close()
    assert not [one for one in faults if not expected or expected not in one], faults


def sign_in(page: "Page", server: Server, role: str = "viewer", *sites: str, at: str = "") -> str:
    """Sign in with a new token of ``role``, and show the view ``at``; the token."""
    token = server.token(role, *sites)
    page.goto(f"{server.url}/{at}")
    page.get_by_label("Access token").fill(token)
    page.get_by_label("Access token").press("Enter")
    page.get_by_role("button", name="Sign out").wait_for()
    return token


def violations(page: "Page") -> list[tuple[str, str]]:
    """What axe finds against WCAG 2.2 A and AA: rule, and where first."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", exc_type=ImportError)
    found = axe.Axe().run(page, options={"runOnly": {"type": "tag", "values": LEVELS}})
    return [(one["id"], one["nodes"][0]["html"]) for one in found.response["violations"]]
