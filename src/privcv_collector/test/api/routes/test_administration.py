# SPDX-License-Identifier: Apache-2.0
"""What administrators do over the API, and for which sites."""

from datetime import timedelta

import pytest

from privcv_collector.api.routes import device as routes_device
from privcv_collector.clock import now_utc
from privcv_collector.devices import access, actions
from privcv_collector.devices.actions import Actor, token_id
from privcv_collector.devices.administration import (
    digest_of,
    issue_access_token,
    issue_enrolment_token,
)
from privcv_collector.devices.revocation import revoke_access_token
from privcv_collector.refused import Refused
from privcv_core.protocol.enrolment import seal_enrolment


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


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def issued(server, name, *sites, role="admin", valid_s=None, **admin):
    """The token ``name``, issued by an administrator."""
    wanted = {"name": name, "role": role, "sites": list(sites), "valid_s": valid_s}
    answer = server.call("POST", "/v1/access-tokens", wanted, **admin)
    assert answer.status == 201, answer.content
    return bearer(answer.content["token"])


def test_the_names_of_other_sites_tokens_are_not_told(server):
    """A name that another site gave is free; only who sees both has to say which."""
    root = bearer(server.token("admin"))
    office = issued(server, "office_admin", "office", **root)
    depot = issued(server, "depot_admin", "depot", **root)
    both = issued(server, "both", "office", "depot", **root)
    reader = issued(server, "reception", "office", role="viewer", **office)
    same = {"name": "reception", "role": "viewer", "sites": ["depot"]}
    for admin in (depot, both):
        status = server.call("POST", "/v1/access-tokens", same, **admin).status
        assert status == (201 if admin is depot else 409)
    for name in ("both", "office_admin"):
        wanted = {"name": name, "role": "viewer", "sites": ["depot"]}
        assert server.call("POST", "/v1/access-tokens", wanted, **depot).status == 201
    listed = server.call("GET", "/v1/access-tokens", **depot).content["access_tokens"]
    assert {tuple(token["sites"]) for token in listed} == {("depot",)}
    refused = server.call("DELETE", "/v1/access-tokens/reception", **root)
    assert (refused.status, refused.content["error"]) == (409, "ambiguous")
    (number,) = [token["id"] for token in listed if token["name"] == "reception"]
    path = f"/v1/access-tokens/reception?id={number}"
    assert server.call("DELETE", path, **office).status == 404
    assert server.call("DELETE", path, **root).status == 200
    assert server.call("GET", "/v1/totals", **reader).status == 200


def test_tokens_are_listed_without_their_secret(server, new_device):
    root = bearer(server.token("admin"))
    office = issued(server, "office_admin", "office", **root)
    enrolment = server.call("POST", "/v1/enrolment-tokens", {"site": "office"}, **office)
    server.call("POST", "/v1/enrolment-tokens", {"site": "depot"}, **root)
    device = new_device(server.url)
    assert device.enrol(enrolment.content["token"]).status == 201
    (mine,) = server.call("GET", "/v1/access-tokens?active=true", **office).content["access_tokens"]
    assert (mine["name"], mine["role"], mine["state"]) == ("office_admin", "admin", "active")
    (used,) = server.call("GET", "/v1/enrolment-tokens", **office).content["enrolment_tokens"]
    assert (used["state"], used["device"], used["issued_by"]) == ("used", device.name, mine["id"])
    everything = server.call("GET", "/v1/enrolment-tokens?active=true", **root).content
    assert [token["site"] for token in everything["enrolment_tokens"]] == ["depot"]
    filtered = server.call("GET", "/v1/access-tokens?site=nowhere", **root).content
    assert [token["sites"] for token in filtered["access_tokens"]] == [[]]
    shown = str([everything, filtered, mine, used])
    for header in (root, office):
        assert header["Authorization"].split()[1] not in shown
    assert enrolment.content["token"] not in shown
    (unused,) = everything["enrolment_tokens"]
    path = f"/v1/enrolment-tokens/{unused['id']}"
    assert server.call("DELETE", path, **office).status == 404
    assert server.call("DELETE", path, **root).status == 200
    assert server.call("DELETE", f"/v1/enrolment-tokens/{used['id']}", **office).status == 404
    left = server.call("GET", "/v1/enrolment-tokens?active=true", **root).content
    assert left["enrolment_tokens"] == []


def test_whatever_an_administrator_does_leaves_a_row(server):
    root = bearer(server.token("admin"))
    office = issued(server, "office_admin", "office", **root)
    depot = issued(server, "depot_admin", "depot", **root)
    device = server.enrolled("office")
    server.call("POST", "/v1/enrolment-tokens", {"site": "office"}, **office)
    issued(server, "reader", "office", role="viewer", **office)
    assert server.call("DELETE", "/v1/access-tokens/reader", **office).status == 200
    assert server.call("DELETE", f"/v1/devices/{device.name}", **office).status == 200
    assert server.call("DELETE", f"/v1/devices/{device.name}", **depot).status == 404
    seen = server.call("GET", "/v1/admin-actions", **office).content["actions"]
    mine = [row for row in reversed(seen) if row["actor"] == "office_admin"]
    assert [(row["action"], row["target"]) for row in mine[1:]] == [
        ("access_token.issued", "reader (viewer)"),
        ("access_token.revoked", "reader"),
        ("device.revoked", device.name),
    ]
    assert mine[0]["action"] == "enrolment_token.issued"
    assert {tuple(row["sites"]) for row in seen} == {("office",)}
    theirs = server.call("GET", "/v1/admin-actions", **depot).content["actions"]
    assert [row["target"] for row in theirs] == ["depot_admin (admin)"]
    path = f"/v1/admin-actions?before={seen[0]['number']}"
    auditor = bearer(server.token("auditor", "office"))
    assert server.call("GET", f"{path}&limit=2", **auditor).content["actions"] == seen[1:3]
    assert server.call("GET", path, **auditor).content["actions"] == seen[1:]


def test_with_an_administrator_goes_what_he_issued(server, new_device, release):
    root = bearer(server.token("admin"))
    chief = issued(server, "chief", "office", **root)
    deputy = issued(server, "deputy", "office", **chief)
    reader = issued(server, "reader", "office", role="viewer", **deputy)
    other = issued(server, "other", "office", role="viewer", **root)
    made = [
        server.call("POST", "/v1/enrolment-tokens", {"site": "office"}, **admin).content["token"]
        for admin in (chief, deputy, root)
    ]
    device, late, fine = (new_device(server.url) for _ in made)
    assert device.enrol(made[0]).status == 201
    done = server.call("DELETE", "/v1/access-tokens/chief", **root).content
    assert done["access_tokens"] == ["chief", "deputy", "reader"]
    assert (len(done["enrolment_tokens"]), done["devices"]) == (1, [])
    assert done["devices_left"] == [device.name]
    for header in (chief, deputy):
        assert server.call("GET", "/v1/access-tokens", **header).status == 401
    assert server.call("GET", "/v1/totals", **reader).status == 401
    assert late.enrol(made[1]).content["error"] == "token"
    assert fine.enrol(made[2]).status == 201
    assert server.call("GET", "/v1/totals", **other).status == 200
    assert device.send(release(1)).status == 200
    path = "/v1/access-tokens/chief?with_devices=true"
    assert server.call("DELETE", path, **root).content["devices"] == [device.name]
    assert device.send(release(2)).content["error"] == "revoked"
    assert fine.send(release(1)).status == 200


def test_what_an_administrator_issued_stays_where_that_is_asked_for(server):
    root = bearer(server.token("admin"))
    chief = issued(server, "chief", "office", **root)
    reader = issued(server, "reader", "office", role="viewer", **chief)
    path = "/v1/access-tokens/chief?keep_issued=true"
    assert server.call("DELETE", path, **root).content["access_tokens"] == ["chief"]
    assert server.call("GET", "/v1/totals", **reader).status == 200


def test_what_an_administrator_issued_expires_with_him(server, new_device, monkeypatch):
    """And what those issue whom he made administrators; expiry is no weaker than revocation."""
    root = bearer(server.token("admin"))
    chief = issued(server, "chief", "office", valid_s=3600, **root)
    deputy = issued(server, "deputy", "office", valid_s=10 * 86400, **chief)
    readers = [issued(server, f"r{n}", "office", role="viewer", **who) for n, who in
               enumerate((chief, deputy, root))]  # fmt: skip
    wanted = {"site": "office", "valid_s": 86400}
    made = [
        server.call("POST", "/v1/enrolment-tokens", wanted, **admin).content["token"]
        for admin in (chief, deputy, root)
    ]
    soon = issued(server, "soon", "office", role="viewer", valid_s=60, **chief)
    listed = server.call("GET", "/v1/access-tokens", **root).content["access_tokens"]
    until = {one["name"]: one["expires_at"] for one in listed}
    assert until["r2"] is None
    assert until["soon"] < until["chief"] == until["deputy"] == until["r0"] == until["r1"]
    assert server.call("GET", "/v1/totals", **soon).status == 200
    later = now_utc() + timedelta(hours=1)
    for module in (access, routes_device, actions):
        monkeypatch.setattr(module, "now_utc", lambda: later)
    found = [server.call("GET", "/v1/totals", **reader).status for reader in readers]
    assert found == [401, 401, 200]
    assert [_enrol(new_device(server.url), token, later) for token in made] == [401, 401, 201]


def _enrol(device, token, when):
    raw = seal_enrolment(device.key, device.name, token, when)
    return device.post(raw, "/v1/devices").status


def test_nothing_is_issued_with_a_token_that_expired_meanwhile(server):
    token = issue_access_token(server.collector.engine, "over", "admin", ["office"], -1.0)
    actor = Actor(token_id(digest_of(token)), "over")
    with pytest.raises(Refused, match="expired"):
        issue_access_token(server.collector.engine, "late", "admin", ["office"], by=actor)
    with pytest.raises(Refused, match="expired"):
        issue_enrolment_token(server.collector.engine, "office", by=actor)


def test_an_administrator_of_a_site_has_no_id_taken_that_another_site_will_need(server, new_device):
    """A token for an id lets a device have it without the key that it is a digest of."""
    depot = bearer(server.token("admin", "depot"))
    victim, thief = new_device(server.url), new_device(server.url)
    wanted = {"site": "depot", "device": victim.name}
    refused = server.call("POST", "/v1/enrolment-tokens", wanted, **depot)
    assert (refused.status, refused.content["error"]) == (403, "forbidden")
    usual = server.call("POST", "/v1/enrolment-tokens", {"site": "depot"}, **depot)
    thief.name = victim.name
    assert thief.enrol(usual.content["token"]).content["error"] == "unproven"
    token = issue_enrolment_token(server.collector.engine, "office")
    assert victim.enrol(token).status == 201
    root = bearer(server.token("admin"))  # such a device of 0.1.0 is enrolled by who may everything
    old = new_device(server.url)
    old.name = "0123456789abcdef" * 2
    wanted = {"site": "depot", "device": old.name}
    granted = server.call("POST", "/v1/enrolment-tokens", wanted, **root)
    assert old.enrol(granted.content["token"]).status == 201


def test_nothing_is_issued_with_a_token_that_was_revoked_meanwhile(server):
    """Between the check of the bearer and the transaction."""
    engine = server.collector.engine
    access = server.collector.tokens.access(server.token("admin", "office"))
    revoke_access_token(engine, access.actor.name)
    with pytest.raises(Refused, match="revoked"):
        issue_access_token(engine, "late", "admin", ["office"], by=access.actor)
    with pytest.raises(Refused, match="revoked"):
        issue_enrolment_token(engine, "office", by=access.actor)
    assert server.rows("SELECT count(*) FROM access_tokens WHERE revoked_at IS NULL") == [(0,)]
    assert server.rows("SELECT count(*) FROM enrolment_tokens") == [(0,)]
