# SPDX-License-Identifier: Apache-2.0
"""What is stored is seen without asking; in every tab, by one stream; and not after signing out."""

from datetime import timedelta

import pytest
from pages_browser import looked_at, running_browser, sign_in
from pages_filled import send_record
from releases import statistic_release, statistic_report
from waiting import wait_until

from privcv_collector.clock import now_utc


@pytest.fixture(scope="module")
def browser():
    with running_browser() as found:
        yield found


@pytest.fixture
def device(sqlite_server):
    device = sqlite_server.enrolled()
    send_record(device)
    return device


def store(device, number, people):
    start = now_utc().replace(microsecond=0) - timedelta(seconds=300 - number)
    values = {"value": people * 1000, "low": people * 1000 - 4000, "high": people * 1000 + 4000}
    assert device.send(statistic_release(number, statistic_report(start, **values))).status == 200


def test_what_is_stored_is_seen_without_asking(browser, sqlite_server, device):
    with looked_at(browser, sqlite_server, expected="net::ERR_FAILED") as page:
        sign_in(page, sqlite_server)
        left = page.get_by_role("article").filter(has_text="Left of the door")
        left.wait_for()
        wait_until(lambda: known(sqlite_server) == 1, 60)
        page.route("**/v1/now", lambda route: route.abort())  # from here on it has to be told
        for number, people in enumerate((20, 50, 80), start=1):
            store(device, number, people)
            words = f"{people - 4} to {people + 4}, most likely about {people}"
            left.filter(has_text=words).wait_for()


def test_tabs_share_a_stream_and_signing_out_ends_it(browser, sqlite_server, device):
    with looked_at(browser, sqlite_server) as page:
        sign_in(page, sqlite_server)
        wait_until(lambda: known(sqlite_server) == 1, 60)
        other = page.context.new_page()
        other.goto(sqlite_server.url)
        cards = [one.get_by_role("article") for one in (page, other)]
        for one in cards:
            one.first.wait_for()
        assert len(sqlite_server.collector.streams) == 1
        store(device, 1, 30)
        for one in cards:
            one.filter(has_text="26 to 34").first.wait_for()
        other.close()
        page.get_by_role("button", name="Sign out").click()
        page.get_by_label("Access token").wait_for()
        wait_until(lambda: len(sqlite_server.collector.streams) == 0, 60)


def known(server):
    """How many streams were told where they stand."""
    return sum(not one.is_new for one in server.collector.streams.all())
