# SPDX-License-Identifier: Apache-2.0
"""Collectors as processes: two on one database, and a power cut."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from event_listener import Listener
from sqlalchemy import text

from privcv_collector.clock import now_utc
from privcv_collector.devices.administration import issue_access_token, issue_enrolment_token
from privcv_collector.devices.revocation import revoke_device
from privcv_collector.storage.database import open_database
from privcv_collector.testing import CollectorProcess, running_collector
from privcv_core.protocol.timestamps import rfc3339_whole


@pytest.fixture(scope="module")
def shared_url(new_database):
    return new_database()


@pytest.fixture(scope="module")
def two(shared_url):
    """Two collectors that start at the same moment on an empty database."""
    with ThreadPoolExecutor(2) as pool:  # a process ends with the thread that started it
        both = list(pool.map(lambda _: CollectorProcess(shared_url), range(2)))
        yield both
        assert [one.stop() for one in both] == [0, 0]


def test_two_processes_store_each_release_once(two, shared_url, new_device, release):
    """Every batch goes to both processes at once; one stores it and the other says so."""
    devices = [new_device(two[0].url) for _ in range(6)]
    for device in devices:
        assert device.enrol(issue_enrolment_token(shared_url, "office")).status == 201
    answers = []

    def play(device):
        mine = []
        for number in range(1, 13):
            raw = device.batch(release(number, ("desk", "floor")), sequence=number)
            both = [None, None]

            def send(index, raw=raw, both=both):
                device_at = type(device)(two[index].url)
                both[index] = device_at.post(raw)

            threads = [threading.Thread(target=send, args=(index,)) for index in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            mine.append(both)
        answers.extend(mine)

    with ThreadPoolExecutor(len(devices)) as pool:
        list(pool.map(play, devices))
    assert len(answers) == 6 * 12
    for both in answers:
        assert [answer.status for answer in both] == [200, 200]
        assert sorted(answer.content["duplicate"] for answer in both) == [False, True]
        assert both[0].content["next_sequence"] == both[1].content["next_sequence"]
    with open_database(shared_url).connect() as connection:
        (count, distinct) = connection.execute(
            text(
                "SELECT count(*), count(DISTINCT (series_pk, window_start, release)) "
                "FROM zone_reports"
            )
        ).one()
        assert (count, distinct) == (6 * 12 * 2, 6 * 12 * 2)
        assert connection.execute(text("SELECT count(*) FROM batches")).scalar() == 6 * 12
        assert connection.execute(text("SELECT count(*) FROM series")).scalar() == 6 * 2


def test_what_one_process_revokes_the_other_refuses(two, shared_url, new_device, release):
    device = new_device(two[0].url)
    device.enrol(issue_enrolment_token(shared_url, "office"))
    assert device.send(release(1)).status == 200
    device.url = two[1].url
    assert device.send(release(2)).status == 200
    revoke_device(shared_url, device.name)
    assert device.send(release(3)).content["error"] == "revoked"
    device.url = two[0].url
    assert device.send(release(3)).content["error"] == "revoked"


def test_what_was_answered_survives_a_power_cut(database_url, new_device, release):
    collector = CollectorProcess(database_url)
    device = new_device(collector.url)
    device.enrol(issue_enrolment_token(database_url, "office"))
    answered = []
    stop = threading.Event()

    def stream():
        for number in range(1, 10_000):
            try:
                if device.send(release(number)).status != 200:
                    return
            except OSError:
                return
            answered.append(number)
            if number == 20:
                stop.set()

    thread = threading.Thread(target=stream)
    thread.start()
    assert stop.wait(30)
    collector.kill()
    thread.join()
    with running_collector(database_url) as again:
        with open_database(database_url).connect() as connection:
            stored = connection.execute(text("SELECT release FROM releases ORDER BY 1")).scalars()
            stored = list(stored)
        assert stored[: len(answered)] == answered
        assert len(stored) <= len(answered) + 1  # one may have been stored but not answered
        device.url = again.url
        number = len(answered) + 1
        answer = device.send(release(number), sequence=number)
        assert answer.content["next_sequence"] == number + 1
        assert answer.content["duplicate"] is (len(stored) > len(answered))


def test_what_one_process_stores_the_other_tells_and_both_end_at_once(
    new_database, new_device, release
):
    url = new_database()
    both = [CollectorProcess(url) for _ in range(2)]
    try:
        device = new_device(both[0].url)
        assert device.enrol(issue_enrolment_token(url, "office")).status == 201
        reader = issue_access_token(url, "reader", "viewer")
        with Listener(both[1].url, reader) as listener:
            assert listener.next().event == "reload"
            start = rfc3339_whole(now_utc() - timedelta(seconds=60))
            assert device.send(release(1, ("left",), window_start=start)).status == 200
            told = listener.next()
            assert (told.event, told.data["places"][0]["place"]) == ("now", "left")
            assert both[1].stop() == 0  # SIGTERM: the stream ends, and with it the process
            assert listener.next() is None
    finally:
        assert [one.stop() for one in both] == [0, 0]
