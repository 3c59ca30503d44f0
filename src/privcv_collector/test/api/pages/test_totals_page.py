# SPDX-License-Identifier: Apache-2.0
"""The page of the latest totals."""

import base64
import hashlib
import re


def test_the_page_runs_its_own_script_and_nothing_else(sqlite_server):
    answer = sqlite_server.call("GET", "/")
    assert answer.status == 200
    policy = answer.headers["Content-Security-Policy"]
    script = re.search(r"<script>(.*?)</script>", answer.content, re.S).group(1)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}';" in policy
    assert policy.startswith("default-src 'none';")
    assert not re.search(r"(src|href)=|https?:", answer.content)
