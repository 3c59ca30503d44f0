# SPDX-License-Identifier: Apache-2.0
"""``privcv across``: a key, a task that is joined or refused in words, and how it stands."""

import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sum_tasks import HELPER, LEADER, POLICY, logged, signed

from privcv_compliance.cli import across_join, across_key, across_status
from privcv_compliance.evidence.known_files import known_files
from privcv_compliance.site_file import SiteFile
from privcv_core.errors import PrivcvError
from privcv_site.graph import build_graph
from privcv_site.site import load_site

SITE = """
site: shop
state: {state}
cameras:
  lobby:
    source: {{kind: v4l2, uri: /dev/video0}}
    authorization: {{required: false}}
    zones: {{hall: {{polygon_m: [[0, 0], [4, 0], [4, 4], [0, 4]]}}}}
privacy: {{across_share: 0.5}}
across: {{leaders: [{leader}], helpers: [{helper}], policy: {policy}}}
uplink: {{url: "https://collector.example", pins: ["sha256/{pin}="], ca_file: {policy}}}
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    policy = tmp_path / "policy.txt"
    policy.write_text(POLICY)
    path = tmp_path / "site.yaml"
    path.write_text(
        SITE.format(
            state=tmp_path / "state", leader=LEADER.public, helper=HELPER.public, policy=policy,
            pin="A" * 43,
        )
    )  # fmt: skip
    return path


def run(command: Any, *arguments: object) -> Result:
    return CliRunner().invoke(command.command, [str(one) for one in arguments])


def write_task(folder: Path, public: str, **changes: Any) -> tuple[Path, Path]:
    years = {"begins": "2026-01-01T00:00:00Z", "expires": "2027-01-01T00:00:00Z"}
    one = signed(roster=sorted([public, LEADER.public]), min_sites=2, **{**years, **changes})
    (folder / "a.task").write_bytes(one.encode())
    (folder / "a.proof").write_bytes(logged(one.entry).encode())
    return folder / "a.task", folder / "a.proof"


def test_a_task_is_joined_once_it_names_this_device(site: Path, tmp_path: Path) -> None:
    assert "no task was joined" in run(across_status, "--site", site).output
    public = run(across_key, "--site", site).output.strip()
    assert run(across_key, "--site", site).output.strip() == public
    far = {"begins": "2099-01-01T00:00:00Z", "expires": "2099-12-01T00:00:00Z"}  # no clock decides
    task, proof = write_task(tmp_path, public, **far)
    refused = run(across_join, task, "--proof", proof, "--site", site)
    assert isinstance(refused.exception, PrivcvError)
    assert "min_sites: 2; this device asks for 5" in str(refused.exception)
    assert not list((tmp_path / "state" / "across").glob("*.task"))
    site.write_text(site.read_text().replace("across: {", "across: {min_sites: 2, "))
    joined = run(across_join, task, "--proof", proof, "--site", site)
    assert joined.exception is None, joined.exception
    assert "joined, by The leader's operator and The helper's operator" in joined.output
    status = run(across_status, "--site", site)
    assert status.exit_code == 0
    assert "takes part, 2 sites, at least 2, 3 cells, epsilon 0.5" in status.output
    site.write_text(site.read_text().replace("across_share: 0.5", "across_share: 0.4"))
    status = run(across_status, "--site", site)
    assert status.exit_code == 1
    assert "noise.epsilon: 0.5; the ledger has 0.4 left" in status.output


def test_a_task_that_ended_is_not_joined(site: Path, tmp_path: Path) -> None:
    public = run(across_key, "--site", site).output.strip()
    site.write_text(site.read_text().replace("across: {", "across: {min_sites: 2, "))
    past = {"begins": "2020-01-01T00:00:00Z", "expires": "2020-02-01T00:00:00Z"}
    task, proof = write_task(tmp_path, public, **past)
    refused = run(across_join, task, "--proof", proof, "--site", site)
    assert "expires: 2020-02-01T00:00:00Z is past" in str(refused.exception)


def test_the_processes_are_told_where_the_tasks_are_and_whom_to_believe(
    site: Path, tmp_path: Path
) -> None:
    folder = str(tmp_path / "state" / "across")
    parameters = {
        node.name: node.parameters
        for process in build_graph(load_site(site))
        for node in process.nodes
    }
    assert parameters["aggregation"]["across_folder"] == folder
    assert parameters["aggregation"]["across.leaders"] == [LEADER.public]
    assert parameters["uplink"]["across"] == folder
    site.write_text(re.sub("\nacross: .*", "", site.read_text()))
    for process in build_graph(load_site(site)):
        for node in process.nodes:
            assert not {"across", "across_folder", "across.leaders"} & set(node.parameters)


def test_what_lies_in_the_folder_is_known_and_what_is_not_so_is_found(
    site: Path, tmp_path: Path
) -> None:
    public = run(across_key, "--site", site).output.strip()
    site.write_text(site.read_text().replace("across: {", "across: {min_sites: 2, "))
    far = {"begins": "2099-01-01T00:00:00Z", "expires": "2099-12-01T00:00:00Z"}
    task, proof = write_task(tmp_path, public, **far)
    assert run(across_join, task, "--proof", proof, "--site", site).exception is None
    known = known_files(SiteFile.read(site))
    folder = tmp_path / "state" / "across"
    assert set(folder.iterdir()) <= set(known)
    assert [known[path](path)[1] for path in sorted(folder.iterdir())] == ["", "", ""]
    for path in folder.iterdir():
        path.write_bytes(b"\xff\xd8\xff\xe0 a picture")
        assert "is not what its name says" in known[path](path)[1]
