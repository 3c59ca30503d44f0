# SPDX-License-Identifier: Apache-2.0
"""onnxruntime reports to nobody, whichever command of ours loads it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    "module", ["privcv_perception.detection.onnx.network", "privcv_perception.camera.offline"]
)
def test_no_file_of_its_telemetry_is_made(module: str, tmp_path: Path):
    environment = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"}
    environment |= {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    code = f"import {module}, privcv_perception.detection.onnx.network, onnxruntime"
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    assert list(tmp_path.iterdir()) == []
