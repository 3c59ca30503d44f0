# SPDX-License-Identifier: Apache-2.0
"""Sites by what needs somebody, alarms, and forms that change something: by keyboard alone too."""

from datetime import timedelta

import pytest
from pages_browser import THEMES, looked_at, running_browser, sign_in, violations
from pages_filled import fill, fill_fleet, fill_now

from privcv_collector.alerts import watch
from privcv_collector.alerts.evaluation import evaluate
from privcv_collector.clock import now_utc

HOSTILE = '<img src=x onerror="document.title=1">'


@pytest.fixture(scope="module")
def browser():
    with running_browser() as found:
        yield found


@pytest.fixture(autouse=True)
def _nobody_else_looks(monkeypatch):
    monkeypatch.setattr(watch, "EVERY_S", 1e6)


def post(server, path, body):
    bearer = f"Bearer {server.token('admin')}"
    answer = server.call("POST", f"/v1/{path}", body, Authorization=bearer)
    assert answer.status == 201, answer.content
    return answer.content


def fill_alerts(server, title="Too full"):
    """A rule of no data that fires, one that is quiet, and a channel."""
    channel = post(server, "alert-channels", {"name": "desk", "kind": "mqtt", "topic": "desk"})
    common = {"site": "office", "camera": "lobby", "place": "left", "statistic": "presence"}
    silent = {**common, "kind": "no_data", "wait_s": 900, "title": title}
    post(server, "alert-rules", {**silent, "channels": [channel["number"]]})
    post(server, "alert-rules", {**common, "kind": "over", "threshold": 30, "clear": 20})
    evaluate(server.collector.engine, now_utc() + timedelta(seconds=1000))


def test_who_needs_somebody_comes_first_and_can_be_found(browser, sqlite_server):
    names = fill_fleet(sqlite_server, fill(sqlite_server, 0), number=120)
    expected = sqlite_server.read("/v1/fleet")["sites"]
    with looked_at(browser, sqlite_server) as page:
        sign_in(page, sqlite_server, "auditor", at="#view=fleet")
        needing = sum(one["state"] != "well" for one in expected)
        page.get_by_text(f"{needing} of 121 sites need somebody.").wait_for()
        rows = page.locator("main tbody th").all_inner_texts()
        assert rows == [one["site"] for one in expected[:100]]
        page.get_by_role("button", name="After").click()
        page.get_by_text("101 to 121 of 121").wait_for()
        page.get_by_label("Find").fill(names[7])
        page.get_by_label("Find").press("Enter")
        page.get_by_role("link", name=names[7]).wait_for()
        page.get_by_role("link", name=names[7]).focus()
        page.keyboard.press("Enter")
        page.get_by_role("heading", name=f"of {names[7]}").wait_for()


def test_a_viewer_sees_whether_it_works_and_no_device(browser, sqlite_server):
    fill_fleet(sqlite_server, fill(sqlite_server, 0), number=1)
    with looked_at(browser, sqlite_server) as page:
        sign_in(page, sqlite_server, "viewer", "site_000", at="#view=fleet&site=site_000")
        page.get_by_text("delivery is stuck").wait_for()
        said = page.locator("main").inner_text()
        assert "office" not in said
        assert "lobby.detection" not in said
        assert page.locator("main a, main dl").count() == 0


@pytest.mark.parametrize("theme", sorted(THEMES))
def test_nobody_is_shut_out_of_forms(browser, sqlite_server, theme):
    fill_fleet(sqlite_server, fill(sqlite_server, 0), number=10)
    fill_alerts(sqlite_server)
    with looked_at(browser, sqlite_server, bypass_csp=True, **THEMES[theme]) as page:
        sign_in(page, sqlite_server, "admin", at="#view=alerts")
        for view, heading in (("alerts", "Alarms"), ("fleet", "Sites")):
            page.goto(f"{sqlite_server.url}/#view={view}")
            page.get_by_role("heading", name=heading, exact=True).wait_for()
            assert violations(page) == [], view
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, "sideways scroll"
            small = page.evaluate(
                "[...document.querySelectorAll('main button, main input, main select')]"
                ".filter((one) => one.type !== 'checkbox')"
                ".filter((one) => one.getBoundingClientRect().height < 24).length"
            )
            assert small == 0


def test_an_administrator_adds_and_disables_by_keyboard_alone(browser, sqlite_server):
    fill(sqlite_server, 0)
    with looked_at(browser, sqlite_server) as page:
        token = sign_in(page, sqlite_server, "admin", at="#view=alerts")
        form = page.get_by_role("region", name="Add a channel")
        form.get_by_label("Name").focus()
        for text in ("desk", "\t", "M", "\t", "front/desk", "\t", "office", "\t", token):
            if text == "\t":
                page.keyboard.press("Tab")
            else:
                page.keyboard.type(text)
        page.keyboard.press("Enter")
        form.get_by_text("Added, number").wait_for()
        assert form.get_by_label("Access token").input_value() == ""
        page.reload()
        rule = page.get_by_role("region", name="Add a rule")
        rule.get_by_label("Camera").focus()
        page.keyboard.type("lobby")
        page.keyboard.press("Tab")
        page.keyboard.type("left")
        rule.get_by_label("desk").focus()
        page.keyboard.press("Space")
        rule.get_by_role("button", name="False alarms").focus()
        page.keyboard.press("Enter")
        rule.get_by_text("Nothing was published there lately").wait_for()
        rule.get_by_label("Access token").focus()
        page.keyboard.type(token)
        page.keyboard.press("Enter")
        rule.get_by_text("Added, number").wait_for()
        (added,) = sqlite_server.read("/v1/alerts")["rules"]
        assert (added["place"], added["threshold"], added["clear"]) == ("left", 30, 25)
        assert (added["wait_s"], added["channels"]) == (900, ["desk"])
        off = page.get_by_role("region", name="Disable")
        off.get_by_label("Number").focus()
        page.keyboard.type(str(added["number"]))
        page.keyboard.press("Tab")
        page.keyboard.type(token)
        page.keyboard.press("Enter")
        off.get_by_text("Disabled.").wait_for()
        assert sqlite_server.read("/v1/alerts")["rules"] == []
        assert token not in page.content()


def test_the_form_tells_the_false_alarms_to_expect(browser, sqlite_server):
    device = fill(sqlite_server, 0)
    fill_now(device, now_utc().replace(second=0, microsecond=0), 20)
    where = "site=office&camera=lobby&place=left&statistic=presence&kind=over&wait_s=900"
    told = sqlite_server.read(f"/v1/alert-forecast?{where}&threshold=30&usual=10")
    with looked_at(browser, sqlite_server) as page:
        sign_in(page, sqlite_server, "admin", at="#view=alerts")
        rule = page.get_by_role("region", name="Add a rule")
        rule.get_by_label("Camera").fill("lobby")
        rule.get_by_label("Place").fill("left")
        rule.get_by_role("button", name="False alarms").click()
        said = page.locator("#forecast", has_text="standard deviation")
        assert f"deviation of {round(told['noise_sd'], 1):g} people" in said.inner_text()
        worst = float(f"{told['per_week_at_threshold']:.2g}")
        assert f"; {worst:g} where exactly" in said.inner_text()


def test_what_is_wrong_is_said_and_nothing_is_lost(browser, sqlite_server):
    fill(sqlite_server, 0)
    with looked_at(browser, sqlite_server, expected="status of 4") as page:
        token = sign_in(page, sqlite_server, "admin", at="#view=alerts")
        form = page.get_by_role("region", name="Add a channel")
        form.get_by_label("Name").fill("inside")
        form.get_by_label("Address, topic").fill("https://127.0.0.1/x")
        form.get_by_label("Access token").fill(token)
        form.get_by_role("button").click()
        form.get_by_text("private, loopback or link-local").wait_for()
        assert form.get_by_label("Name").input_value() == "inside"


def test_titles_labels_and_names_are_text_in_every_view(browser, sqlite_server):
    device = fill(sqlite_server, 0, label=HOSTILE)
    fill_fleet(sqlite_server, device, number=1)
    fill_alerts(sqlite_server, HOSTILE)
    with looked_at(browser, sqlite_server) as page:
        sign_in(page, sqlite_server, "auditor")
        for view in ("alerts", "fleet"):
            page.goto(f"{sqlite_server.url}/#view={view}")
            page.get_by_text(HOSTILE).first.wait_for(state="attached")
            assert page.title() == "privcv"
            assert page.locator("main img, main script").count() == 0
