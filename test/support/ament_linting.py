# SPDX-License-Identifier: Apache-2.0
"""The linters of ROS on a package, where an installation has them: tests that a package imports.

``ament_copyright`` is not among them: files here carry the SPDX line that REUSE asks for, and no
notice. ``ament_xmllint`` asks the network for the schema of package.xml.
"""

from configparser import ConfigParser
from pathlib import Path

import pytest

CONFIG = Path(__file__).with_name("ament_flake8.ini")
REASON = "comes with an installation of ROS 2"


def test_ament_flake8(request: pytest.FixtureRequest) -> None:
    linter = pytest.importorskip("ament_flake8.main", reason=REASON)
    status, errors = linter.main_with_errors(["--config", str(CONFIG), _package(request)])
    assert status == 0, "\n".join(errors)


def test_ament_pep257(request: pytest.FixtureRequest) -> None:
    linter = pytest.importorskip("ament_pep257.main", reason=REASON)
    config = ConfigParser()
    config.read(CONFIG)
    words = config["flake8"]["extend-ignore"].replace(",", " ").split()
    ignored = sorted({word for word in words if word.startswith("D")})
    assert linter.main(["--ignore", *ignored, "--", _package(request)]) == 0


def _package(request: pytest.FixtureRequest) -> str:
    """The folder of the package whose tests these are."""
    return str(request.path.parents[1])
