# SPDX-License-Identifier: Apache-2.0
"""A recording gives the same anonymous tracks every time, at every speed, from a file or a bag."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 and the built workspace")

import yaml
from graph_runner import recorded, running
from rclpy.serialization import deserialize_message

from privcv_bringup.replay.bag import BagReader, write_bag
from privcv_bringup.replay.player import Player
from privcv_bringup.scene.render import Scene, write_scene
from privcv_core.settings.model import parse_settings
from privcv_msgs.msg import AnonymousTracks
from privcv_site.graph import build_graph
from privcv_site.site import Site

START = "2026-01-31T08:00:00Z"
START_NS = 1_769_846_400_000_000_000
SECRET = "00" * 32


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a rendered room of 20 s."""
    folder = tmp_path_factory.mktemp("clip")
    write_scene(Scene(duration_s=20.0, people_per_minute=30.0, seed=5), folder)
    return folder


def make_site(clip: Path, state: Path, source: dict[str, Any]) -> Site:
    camera = yaml.safe_load((clip / "camera.yaml").read_text())
    camera["source"] = source
    camera["authorization"] = {"required": False}
    camera["anonymization"] = {"identities": {"unsafe_test_secret": True}}
    camera["zones"] = {"room": {"polygon_m": [[-5, 5], [5, 5], [5, 13], [-5, 13]]}}
    privacy = {"unit": "person_window", "epsilon": 4, "window_s": 10, "dwell_period_s": 60}
    content = {"state": str(state), "cameras": {"room": camera}, "privacy": privacy}
    return parse_settings(Site, content, where="test")


def play(site: Site, folder: Path, bag: Path | None = None) -> list[bytes]:
    """All anonymous tracks of a run to the end of the recording."""
    processes = build_graph(site, replayed=True)
    camera = processes[0]
    anonymization, *others = camera.nodes
    # The aggregation and the recorder: nothing is played before both are there.
    parameters = {**anonymization.parameters, "listeners": 2}
    processes[0] = dataclasses.replace(
        camera,
        nodes=(dataclasses.replace(anonymization, parameters=parameters), *others),
        environment={**camera.environment, "PRIVCV_UNSAFE_TEST_SECRET": SECRET},
    )
    with recorded("/room/anonymous_tracks", AnonymousTracks) as taken:
        with running(processes, folder) as graph:
            if bag is not None:
                with BagReader(bag) as reader:
                    secret = site.graph_secret
                    player = Player(f"{reader.topic}", reader.type, "room", 0.0, secret)
                    player.play(reader.images(), lambda count: None)
                    player.close()
            graph.wait(
                lambda: graph.seen.ended == {"room"},
                "the recording was not played to its end",
            )
            missed = "frames that the source or the way dropped"
            # It says so once a second, and a short recording is over before that.
            graph.wait(lambda: graph.seen.value("/room/tracking", missed), "tracking tells of it")
            assert graph.seen.value("/room/tracking", missed) == "0"
        assert graph.status == 0, graph.lines
    return [_without_mac(raw) for raw in taken]


def _without_mac(raw: bytes) -> bytes:
    """What it says; who said it and when is told by a secret that each device has for itself."""
    mac = deserialize_message(raw, AnonymousTracks).mac.encode()
    assert len(mac) == 54
    return raw.replace(mac, b"0" * 54)


def file_source(clip: Path, rate: float) -> dict[str, Any]:
    return {"kind": "file", "uri": str(clip / "video.avi"), "start": START, "rate": rate}


@pytest.fixture(scope="module")
def in_lock_step(clip: Path, tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    folder = tmp_path_factory.mktemp("lockstep")
    return play(make_site(clip, folder / "state", file_source(clip, 0)), folder)


@pytest.mark.graph
def test_a_replay_is_complete_and_sees_people(in_lock_step: list[bytes]) -> None:
    ticks = [deserialize_message(raw, AnonymousTracks) for raw in in_lock_step]
    numbers = [tick.tick for tick in ticks]
    first = START_NS // 1_000_000_000 // 5
    assert numbers == list(range(first, first + 4))  # 20 s in ticks of 5 s, none twice
    assert [tick.last for tick in ticks] == [False, False, False, True]
    assert sum(len(tick.tracks) for tick in ticks) > 10
    assert min(tick.observed_percent for tick in ticks) >= 95


@pytest.mark.graph
@pytest.mark.parametrize("rate", [0.0, 10.0], ids=["again", "10x"])
def test_it_is_the_same_to_the_byte_at_every_speed(
    clip: Path, tmp_path: Path, in_lock_step: list[bytes], rate: float
) -> None:
    site = make_site(clip, tmp_path / "state", file_source(clip, rate))
    assert play(site, tmp_path) == in_lock_step


@pytest.mark.long
def test_so_it_is_in_real_time(clip: Path, tmp_path: Path, in_lock_step: list[bytes]) -> None:
    assert play(make_site(clip, tmp_path / "state", file_source(clip, 1)), tmp_path) == in_lock_step


@pytest.mark.graph
@pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
def test_a_bag_of_raw_images_gives_what_the_video_gives(
    clip: Path, tmp_path: Path, in_lock_step: list[bytes], storage: str
) -> None:
    bag = tmp_path / "bag"
    frames = list(
        write_bag(
            clip / "video.avi", bag, topic="/room/image_raw", storage=storage, compressed=False,
            start=START,
        )
    )  # fmt: skip
    assert frames[-1] == 200
    source = {"kind": "topic", "uri": "/room/image_raw", "reliable": True, "stall_s": 60}
    source["replayed"] = True
    assert play(make_site(clip, tmp_path / "state", source), tmp_path, bag) == in_lock_step


@pytest.mark.graph
def test_an_unsafe_secret_is_shown_loudly(clip: Path, tmp_path: Path) -> None:
    """And refused where only the setting, not the environment too, asks for it."""
    site = make_site(clip, tmp_path / "state", file_source(clip, 0))
    with running(build_graph(site, replayed=True), tmp_path) as graph:
        graph.wait(
            lambda: any("PRIVCV_UNSAFE_TEST_SECRET" in line for line in graph.lines),
            "the test secret was accepted without its environment variable",
        )
        assert not graph.seen.releases
