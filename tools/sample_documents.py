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
            for kind in KINDS:
                _run("export", kind, *common, str(folder / f"{kind}.pdf"))


def _run(*words: str) -> None:
    """Run one command of privcv, as one would type it."""
    result = CliRunner().invoke(root, words, catch_exceptions=False)
    print(result.output, end="")
    if result.exit_code:
        sys.exit(result.exit_code)


if __name__ == "__main__":
    main()
