# SPDX-License-Identifier: Apache-2.0
"""What administrators do over the API, and for which sites."""

import pytest


def test_an_administrator_enrols_and_revokes_over_the_api(server, release, new_device):
    admin = {"Authorization": f"Bearer {server.token('admin')}"}
    made = server.call("POST", "/v1/enrolment-tokens", {"site": "office"}, **admin)
    device = new_device(server.url)
    assert device.enrol(made.content["token"]).status == 201
    wanted = {"name": "reception", "role": "viewer", "sites": ["office"]}
    reader = server.call("POST", "/v1/access-tokens", wanted, **admin)
    assert server.call("POST", "/v1/access-tokens", wanted, **admin).status == 409
    bearer = {"Authorization": f"Bearer {reader.content['token']}"}
    device.send(release(1))
    assert len(server.call("GET", "/v1/totals", **bearer).content["totals"]) == 1
    assert server.call("DELETE", "/v1/access-tokens/reception", **admin).status == 200
    assert server.call("GET", "/v1/totals", **bearer).status == 401
    assert server.call("DELETE", f"/v1/devices/{device.name}", **admin).status == 200
    assert device.send(release(2)).content["error"] == "revoked"
    assert server.call("DELETE", f"/v1/devices/{'0' * 32}", **admin).status == 404


@pytest.mark.parametrize("role", ["viewer", "auditor", "admin"])
@pytest.mark.parametrize("sites", [[], ["other"], ["office", "other"]])
def test_an_administrator_of_a_site_gives_no_access_beyond_it(sqlite_server, role, sites):
    admin = {"Authorization": f"Bearer {sqlite_server.token('admin', 'office', 'shop')}"}
    wanted = {"name": "reader", "role": role, "sites": sites}
    refused = sqlite_server.call("POST", "/v1/access-tokens", wanted, **admin)
    assert (refused.status, refused.content["error"]) == (403, "forbidden")
    granted = sqlite_server.call(
        "POST", "/v1/access-tokens", {**wanted, "sites": ["shop"]}, **admin
    )
    assert granted.status == 201
    bearer = {"Authorization": f"Bearer {granted.content['token']}"}
    sqlite_server.enrolled("office")
    if role != "viewer":
        assert sqlite_server.call("GET", "/v1/devices", **bearer).content["devices"] == []


def test_an_administrator_of_a_site_enrols_and_revokes_nothing_of_another(server, release):
    mine, other = server.enrolled("office"), server.enrolled("other")
    admin = {"Authorization": f"Bearer {server.token('admin', 'office')}"}
    root = {"Authorization": f"Bearer {server.token('admin')}"}
    for name, sites in (("mine", ["office"]), ("both", ["office", "other"]), ("all", [])):
        wanted = {"name": name, "role": "viewer", "sites": sites}
        assert server.call("POST", "/v1/access-tokens", wanted, **root).status == 201

    def enrolment(site):
        return server.call("POST", "/v1/enrolment-tokens", {"site": site}, **admin).status

    def revocation(path):
        return server.call("DELETE", path, **admin).status

    assert [enrolment("office"), enrolment("other")] == [201, 403]
    assert revocation(f"/v1/devices/{other.name}") == 404  # as one that nobody enrolled
    assert other.send(release(1)).status == 200
    assert revocation(f"/v1/devices/{mine.name}") == 200
    assert mine.send(release(1)).content["error"] == "revoked"
    found = [revocation(f"/v1/access-tokens/{name}") for name in ("mine", "both", "all", "none")]
    assert found == [200, 404, 404, 404]
    revoked = server.rows("SELECT name FROM access_tokens WHERE revoked_at IS NOT NULL")
    assert revoked == [("mine",)]
