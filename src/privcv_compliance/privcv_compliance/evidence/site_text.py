# SPDX-License-Identifier: Apache-2.0
"""What may stand in a site file besides its settings: notes such as people write, and few keys."""

import re
from pathlib import Path

from privcv_compliance.evidence.plain_text import has_data, is_data
from privcv_compliance.site_file import SiteFile
from privcv_core.files.regular_file import read_regular

_MOST_BYTES, _MOST_LINE = 1 << 20, 2000
_KEY = re.compile(r"(?<![\w+/=-])(sha256/)?[A-Za-z0-9+/_-]{43}=?(?![\w+/=-])")
_DIGEST = re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{32,64}(?![0-9A-Za-z])")


def strange_site(site: SiteFile, path: Path) -> str:
    """What a site file holds that no site needs; its settings themselves have types.

    Public keys, pins and digests look like anything: there are a few for each camera.
    """
    most_keys = 8 * (len(site.cameras) + 2)
    lines = read_regular(path, _MOST_BYTES, follow=True).decode(errors="replace").splitlines()
    keys = sum(len(form.findall(line)) for line in lines for form in (_KEY, _DIGEST))
    if keys > most_keys:
        return f"it holds more than {most_keys} keys and digests"
    for number, line in enumerate(lines, start=1):
        text = _DIGEST.sub("", _KEY.sub("", line)).replace("\t", " ")
        note = line.partition("#")[2]
        is_bad = not text.isprintable() or len(text) > _MOST_LINE or has_data(text, 64)
        if is_bad or is_data(note.replace("\t", " ")):
            return f"line {number} is none that people write"
    return ""
