# SPDX-License-Identifier: Apache-2.0
"""HEAD where GET is answered, and no redirect that would lose the prefix of a proxy."""

import pytest


@pytest.mark.parametrize("path", ["/", "/healthz", "/docs", "/openapi.json", "/metrics"])
def test_head_is_get_without_the_body(sqlite_server, path):
    get = sqlite_server.call("GET", path)
    head = sqlite_server.call("HEAD", path)
    assert (get.status, head.status) == (200, 200)
    assert get.headers["Content-Type"] == head.headers["Content-Type"]
    assert int(head.headers["Content-Length"]) > 0


def test_head_needs_the_token_that_get_needs(sqlite_server):
    assert sqlite_server.call("HEAD", "/v1/totals").status == 401
    bearer = f"Bearer {sqlite_server.token('viewer')}"
    assert sqlite_server.call("HEAD", "/v1/totals", Authorization=bearer).status == 200
    assert sqlite_server.call("HEAD", "/v1/totals.csv", Authorization=bearer).status == 200


def test_head_of_what_is_only_posted_is_refused(sqlite_server):
    assert sqlite_server.call("HEAD", "/v1/batches").status == 405


@pytest.mark.parametrize("path", ["/v1/totals/", "/healthz/", "/docs/", "/v1/batches/"])
def test_no_path_is_answered_with_a_redirect(sqlite_server, path):
    """A proxy that serves the collector below a prefix would send clients out of it."""
    answer = sqlite_server.call("GET", path)
    assert (answer.status, answer.content["error"]) == (404, "not_found")
