# SPDX-License-Identifier: Apache-2.0
"""Which processes belong to a site, and what they have open for writing."""

import subprocess
import sys
from pathlib import Path

from privcv_compliance.evidence.running_processes import Running
from privcv_compliance.evidence.state_scan import scan_site
from privcv_compliance.site_file import SiteFile


def test_a_process_of_another_site_is_not_of_this_one(site: SiteFile, tmp_path: Path) -> None:
    folders = scan_site(site).folders
    elsewhere = (tmp_path / "other" / "x.db",)
    assert not Running(1, (), elsewhere).belongs_to(site.cameras, folders)
    assert Running(1, (), elsewhere, "/lobby").belongs_to(site.cameras, folders)
    assert Running(1, (), None).belongs_to(site.cameras, folders)
    assert Running(1, (), (*elsewhere, site.ledger)).belongs_to(site.cameras, folders)


def test_files_open_for_writing_are_seen(tmp_path: Path) -> None:
    """A real process whose command line is that of a node."""
    script = "import sys, time; f = open(sys.argv[3], 'w'); print('up', flush=True); time.sleep(60)"
    target = tmp_path / "dump.raw"
    words = [
        sys.executable,
        "-c",
        script,
        "privcv_core.node.process",
        "privcv_x.y:Node",
        str(target),
    ]
    words += ["-r", "__ns:=/lobby"]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            from privcv_compliance.evidence.running_processes import running_processes

            (found,) = [p for p in running_processes() if p.pid == process.pid]
        finally:
            process.kill()
    assert (found.nodes, found.namespace) == (("Node",), "/lobby")
    assert found.files == (target,)
