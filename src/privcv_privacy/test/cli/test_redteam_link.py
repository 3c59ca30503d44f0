# SPDX-License-Identifier: Apache-2.0
"""``privcv redteam link``: two people who stand apart, attacked under every scheme."""

import json

import pytest
from click.testing import CliRunner

from privcv_privacy.cli.redteam_link import command
from privcv_privacy.errors import PrivacyError


def test_every_scheme_is_compared(tmp_path):
    path = tmp_path / "tracks.csv"
    rows = [(t, id, 4.0 * id, 0.3) for t in range(0, 3600, 2) for id in (0, 1)]
    path.write_text("t_s,id,x_m,y_m\n" + "".join(f"{t},{i},{x},{y}\n" for t, i, x, y in rows))
    arguments = ["--tracks", str(path), "--format", "csv", "--rotations", "3"]
    result = CliRunner().invoke(command, [*arguments, "--json"], catch_exceptions=False)
    schemes = {row["scheme"]: row for row in json.loads(result.stdout)["schemes"]}
    assert schemes["naive"]["relinked_share"] == 1.0
    assert schemes["configured"]["bridged"] <= schemes["naive"]["bridged"]
    table = CliRunner().invoke(command, arguments, catch_exceptions=False).stdout
    assert "re-linked" in table


@pytest.mark.parametrize(
    "arguments", [[], ["--tracks", "a.csv"], ["--simulate", "waiting-room", "--format", "csv"]]
)
def test_exactly_one_source_is_wanted(arguments):
    with pytest.raises(PrivacyError, match="--tracks and --format"):
        CliRunner().invoke(command, arguments, catch_exceptions=False)
