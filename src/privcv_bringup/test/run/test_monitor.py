# SPDX-License-Identifier: Apache-2.0
"""When a run is over: decided by fields of messages, whatever words /diagnostics has for it."""

from pathlib import Path
from typing import Any

import pytest

from privcv_bringup.run.monitor import Monitor, Seen, is_complete
from privcv_core.files.graph_secret import graph_secret
from privcv_core.settings.model import parse_settings
from privcv_site.site import Site


def site(**keys: Any) -> Site:
    camera = {
        "source": {"kind": "topic", "uri": "/images"},
        "zones": {"all": {"polygon_m": [[0, 0], [1, 0], [1, 1]]}},
    }
    return parse_settings(Site, {"cameras": {"room": camera, "hall": camera}, **keys}, "test")


def seen(**fields: Any) -> Seen:
    complete: dict[str, Any] = {"ended": frozenset({"room", "hall"}), "releases": {3: {}}}
    return Seen(**{**complete, **fields})


UPLINK = {"url": "https://c.example", "pins": [f"sha256/{'A' * 43}="]}


@pytest.mark.parametrize("words", ["", "room hall", "alle zu Ende"])
def test_words_decide_nothing(words: str) -> None:
    health = {"/aggregation": (0, "running", {"cameras ended": words})}
    assert is_complete(site(), seen(health=health))
    assert not is_complete(site(), seen(health=health, ended=frozenset({"room"})))


def test_all_cameras_have_to_end_and_a_run_of_which_nothing_came_ends_too() -> None:
    assert not is_complete(site(), seen(ended=frozenset()))
    assert not is_complete(site(), seen(ended=frozenset({"hall"})))
    assert is_complete(site(), seen(releases={}))


def test_with_an_uplink_all_of_it_has_to_be_delivered() -> None:
    delivered = {"delivered_through": 3, "pending": 0}
    assert is_complete(site(uplink=UPLINK), seen(**delivered))
    assert not is_complete(site(uplink=UPLINK), seen(**{**delivered, "delivered_through": 2}))
    assert not is_complete(site(uplink=UPLINK), seen(**{**delivered, "pending": 1}))
    assert not is_complete(site(uplink=UPLINK), seen())


def test_nobody_else_ends_a_run(tmp_path: Path) -> None:
    """Where the graph has a secret, cameras have ended when one of its processes says so."""
    pytest.importorskip("rclpy", reason="needs ROS 2 and the built workspace")
    from privcv_core.node.authentication import Authenticator, UnauthenticMessage
    from privcv_msgs.msg import PrivacyBudget

    secret = tmp_path / "graph.secret"
    ours = Authenticator(graph_secret(secret))
    monitor = Monitor(secret)
    said = PrivacyBudget(cameras_ended=["room"])
    with pytest.raises(UnauthenticMessage):
        monitor._take_budget(said)
    assert not monitor._seen.ended
    monitor._take_budget(ours.sign("/privacy_budget", said))
    assert monitor._seen.ended == {"room"}


def test_another_device_on_the_domain_is_not_heard() -> None:
    pytest.importorskip("rclpy", reason="needs ROS 2 and the built workspace")
    from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus

    names = ("/robot1/guard", "/robot1/room/detection", "/robot10/guard", "/guard", "lidar: scan")
    monitor = Monitor(namespace="/robot1")
    status = [DiagnosticStatus(name=name, level=b"\x00", message="fine") for name in names]
    monitor._take_health(DiagnosticArray(status=status))
    assert set(monitor._seen.health) == {"/guard", "/room/detection"}
