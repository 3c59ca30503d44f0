# SPDX-License-Identifier: Apache-2.0
"""The environment of the graph: for processes that we start, and for a shell."""

import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from privcv_core.node.environment import (
    PROFILE,
    as_in_the_graph,
    camera_environment,
    graph_environment,
    guard_environment,
    shell_exports,
)


def profile(environment: dict[str, str]) -> Path:
    (path,) = [Path(environment[name]) for name in PROFILE if name in environment]
    return path


def test_the_profile_is_found_without_the_rest_of_the_workspace() -> None:
    """It belongs to this package, so that a node of any package runs protected."""
    import privcv_core

    path = profile(camera_environment())
    assert path.is_absolute()
    assert Path(privcv_core.__file__).resolve().parent in path.resolve().parents
    assert "127.0.0.1" in path.read_text()
    assert profile(graph_environment()) == path


def test_only_what_holds_frames_overwrites_what_it_frees() -> None:
    assert "MALLOC_PERTURB_" in camera_environment()
    assert not any(name.startswith("MALLOC_") for name in graph_environment())


def test_the_guard_announces_itself_often_and_is_else_as_the_others() -> None:
    """Whoever calls for a moment has met it by then. The rest of the two files is one."""

    def read(path: Path) -> ElementTree.Element:
        text = path.read_text().replace(' xmlns="http://www.eprosima.com"', "")
        tree = ElementTree.fromstring(text)
        for named in tree.iter():
            named.attrib.pop("profile_name", None)
        return tree

    guard = read(profile(guard_environment()))
    (rtps,) = guard.iter("rtps")
    builtin = rtps[0]
    often = builtin.find("discovery_config/leaseAnnouncement")
    assert often is not None
    assert [(part.tag, part.text) for part in often] == [("sec", "0"), ("nanosec", "100000000")]
    rtps.remove(builtin)
    as_text = [
        ElementTree.canonicalize(ElementTree.tostring(tree, "unicode"), strip_text=True)
        for tree in (guard, read(profile(camera_environment())))
    ]
    assert as_text[0] == as_text[1]
    others = {name: value for name, value in guard_environment().items() if name not in PROFILE}
    assert others == {n: value for n, value in graph_environment().items() if n not in PROFILE}


def test_a_block_in_the_graph_leaves_the_environment_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import os

    monkeypatch.delenv("RMW_FASTRTPS_USE_QOS_FROM_XML", raising=False)
    with as_in_the_graph():
        assert os.environ["RMW_FASTRTPS_USE_QOS_FROM_XML"] == "1"
    assert "RMW_FASTRTPS_USE_QOS_FROM_XML" not in os.environ


@pytest.mark.parametrize("shell", ["sh", "bash"])
@pytest.mark.parametrize(
    "value", ["plain", "two words", "it's", '$HOME `id` $(id) \\ "', "a\nb", "é*?[~", ""]
)
def test_a_shell_takes_every_value_as_it_is(shell: str, value: str) -> None:
    script = 'eval "$1"; printf "%s|" "$PRIVCV_X"'
    words = [shell, "-c", script, shell, shell_exports({"PRIVCV_X": value})]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout == f"{value}|"
