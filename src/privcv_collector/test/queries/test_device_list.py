# SPDX-License-Identifier: Apache-2.0
"""The list of a fleet's devices: each with its own keys and gaps, in a fixed number of queries."""

from sqlalchemy import event

from privcv_collector.queries.audit_queries import list_devices


def statements_of(server, sites):
    """The list, and how many statements it took."""
    asked = []
    engine = server.collector.engine

    def note(_connection, _cursor, statement, *_):
        if statement.lstrip().startswith("SELECT") and "set_config" not in statement:
            asked.append(statement)

    with engine.connect() as connection:
        event.listen(engine, "before_cursor_execute", note)
        try:
            found = list_devices(connection, sites)
        finally:
            event.remove(engine, "before_cursor_execute", note)
    return found, len(asked)


def test_each_device_has_its_own_keys_and_gaps_in_as_many_queries_as_one(server, release):
    first = server.enrolled()
    first.send(release(3))  # 1 and 2 never came
    rows = dict(server.rows("SELECT pk, name FROM sites"))
    _, of_one = statements_of(server, rows)
    others = [server.enrolled() for _ in range(4)]
    others[0].send(release(1))
    others[0].send(release(5))  # 2 to 4 never came, and then 3 did
    others[0].send(release(3))
    elsewhere = server.enrolled("depot")
    found, of_five = statements_of(server, rows)
    assert of_five == of_one
    by_name = {device["device"]: device for device in found}
    assert set(by_name) == {device.name for device in (first, *others)}
    assert elsewhere.name not in by_name
    for device in (first, *others):
        assert [key["key_id"] for key in by_name[device.name]["keys"]] == [device.key.key_id]
    gaps = {
        name: [(gap["first_release"], gap["last_release"], gap["missing"]) for gap in row["gaps"]]
        for name, row in by_name.items()
        if row["gaps"]
    }
    assert gaps == {first.name: [(1, 2, 2)], others[0].name: [(2, 4, 2)]}
