#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Make the sample sites whole and write every document of theirs, in the languages of the samples.

``python tools/sample_documents.py [FOLDER]``, by default ``out/samples``: a folder for each site
and language, with the site file, its signed records, ``dpia.yaml`` and PDFs to look at.
"""

import shutil
import sys
from pathlib import Path

from click.testing import CliRunner

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "src" / "privcv_compliance" / "test" / "support"))

from sample_sites import SAMPLE_LANGUAGES, SITES, make_sample  # noqa: E402

from privcv_bringup.cli import root  # noqa: E402
from privcv_compliance.cli.export import KINDS  # noqa: E402


def main() -> None:
    """Make each sample anew."""
    into = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "out" / "samples"
    for name in SITES:
        for language in SAMPLE_LANGUAGES:
            folder = into / f"{name}-{language}"
            shutil.rmtree(folder, ignore_errors=True)
            site = make_sample(name, language, folder)
            common = ["--site", str(site.path), "--lang", language, "-o"]
            _run("dpia", *common, str(folder / "dpia.pdf"))
            for camera in site.cameras:
                advance = str(folder / f"advance-{camera}.pdf")
                _run("notice", "--advance", "--camera", camera, *common, advance)
            for kind in KINDS:
                _run("export", kind, *common, str(folder / f"{kind}.pdf"))
            for camera in site.cameras:
                _run("notice", "--camera", camera, *common, str(folder / f"sign-{camera}.pdf"))
            _run("notice", "--full", *common, str(folder / "notice.pdf"))
            _run("notice", "--full", *common, str(folder / "notice.html"))
            _run("notice", "--staff", *common, str(folder / "staff.pdf"))
            _letters(str(site.path), language, folder)


def _letters(site: str, language: str, folder: Path) -> None:
    """A request for access with its evidence, and an objection, with the letters to both.

    What is found depends on what else runs on the machine: the letter is that for who is not known.
    """
    where = ("--site", site)
    request = _run("dsr", "receive", "access", *where, "--reference", "2026/1").split()[0]
    _run("dsr", "access", *where, "--request", request, "-o", str(folder / "evidence.pdf"))
    common = (*where, "--lang", language, "-o")
    unknown = ("--outcome", "not identified")
    _run("dsr", "letter", request, *unknown, *common, str(folder / "letter-access.pdf"))
    request = _run("dsr", "receive", "object", *where, "--reference", "2026/2").split()[0]
    letter = str(folder / "letter-objection.pdf")
    _run("dsr", "letter", request, "--outcome", "granted", *common, letter)


def _run(*words: str) -> str:
    """Run one command of privcv, as one would type it; returns what it printed."""
    result = CliRunner().invoke(root, words, catch_exceptions=False)
    print(result.output, end="")
    if result.exit_code:
        sys.exit(result.exit_code)
    return result.output


if __name__ == "__main__":
    main()
