# SPDX-License-Identifier: Apache-2.0
"""``eval "$(privcv env)"`` gives a shell, in any folder, what ``privcv up`` gives the graph."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from privcv_core.node.environment import camera_environment, graph_environment


@pytest.mark.parametrize("shell", ["sh", "bash", "zsh"])
@pytest.mark.parametrize("words", ["", "--camera"])
def test_a_shell_in_any_folder_gets_the_environment_of_the_graph(
    shell: str, words: str, tmp_path: Path
) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    wanted = camera_environment() if words else graph_environment()
    bare = {k: v for k, v in os.environ.items() if k not in camera_environment()}
    command = f"{shlex.quote(sys.executable)} -m privcv_bringup.cli env {words}"
    done = subprocess.run(
        [shell, "-c", f'eval "$({command})" && env -0'],
        capture_output=True, text=True, check=True, cwd=tmp_path, env=bare,
    )  # fmt: skip
    got = dict(line.split("=", 1) for line in done.stdout.split("\0") if "=" in line)
    assert {name: got.get(name) for name in wanted} == wanted
    for name, value in got.items():
        if name.endswith("_PROFILES_FILE"):
            assert Path(value).is_absolute()
            assert Path(value).is_file()
