# SPDX-License-Identifier: Apache-2.0
"""Settings are ROS parameters, but for those that decide about trust, and where we start it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
import rclpy
from rclpy.context import Context
from rclpy.exceptions import ParameterNotDeclaredException
from rclpy.parameter import Parameter

from privcv_compliance.nodes.guard import GuardNode
from privcv_core.errors import SettingsError
from privcv_core.node.lifecycle import GraphNode
from privcv_core.settings.dotted import trust_of
from privcv_core.settings.settings_file import SettingsFile
from privcv_images.nodes.redaction import RedactionNode
from privcv_perception.nodes.detection import DetectionNode
from privcv_perception.nodes.tracking import TrackingNode
from privcv_privacy.nodes.aggregation import AggregationNode
from privcv_privacy.nodes.anonymization import AnonymizationNode
from privcv_uplink.nodes.uplink import UplinkNode

pytestmark = pytest.mark.graph

DETECTION = {"source": {"kind": "topic", "uri": "/images"}, "authorization": {"required": False}}
ZONES = {"door": {"polygon_m": [0.0, 0.0, 1.0, 0.0, 1.0, 1.0]}}
GIVEN: dict[type[GraphNode[Any]], dict[str, Any]] = {
    DetectionNode: DETECTION,
    TrackingNode: {},
    AnonymizationNode: {},
    AggregationNode: {"ledger": "ledger.db", "cameras": {"lobby": {"zones": ZONES}}},
    UplinkNode: {"url": "https://collector.example", "pins": ["sha256/" + "A" * 43 + "="]},
    GuardNode: {"cameras": ["lobby"]},
    RedactionNode: {"topic": "/images", "people": {"kind": "builtin"}},
}

TRUST = {
    DetectionNode: {
        "authorization.required", "authorization.file", "authorization.trusted_keys",
        "audit.folder", "detector.model", "detector.folder", "calibration.tsai_file",
    },
    AnonymizationNode: {"identities.period_s", "identities.unsafe_test_secret", "audit.folder"},
    AggregationNode: {
        "epsilon", "delta", "k", "unit", "max_cells", "shares.counts", "min_coverage", "ledger",
        "anchor", "audit.folder", "refuse_future",
    },
    UplinkNode: {
        "url", "pins", "ca_file", "client_key", "key_file", "enrolment_token_file", "proxy",
        "outbox.file", "mqtt.password_file", "audit.folder",
    },
    GuardNode: {"cameras", "report_readers", "audit.folder"},
    RedactionNode: {
        "topic", "authorization.required", "authorization.file", "audit.folder", "weak",
        "delay_s", "lost_s", "people.model",
    },
}  # fmt: skip
"""Settings that decide about trust, written here once more."""


@pytest.fixture(scope="module")
def context() -> Iterator[Context]:
    context = Context()
    rclpy.init(context=context)
    yield context
    context.shutdown()


def leaves(schema: dict[str, Any], defs: dict[str, Any], name: str) -> Iterator[tuple[str, bool]]:
    """``(dotted name, whether its default is nothing)`` of a field, by pydantic's JSON schema."""
    choices = [
        defs[choice["$ref"].rpartition("/")[2]] if "$ref" in choice else choice
        for choice in schema.get("anyOf", schema.get("allOf", [schema]))
    ]
    for choice in choices:
        if "properties" in choice:
            for part, inner in choice["properties"].items():
                yield from leaves(inner, defs, f"{name}.{part}" if name else part)
            return
        if {"additionalProperties", "patternProperties"} & set(choice):
            return  # one group per key of a mapping: there are as many as were given
    yield name, schema.get("default") in (None, [])


def fields(node: type[GraphNode[Any]]) -> dict[str, bool]:
    schema = node.settings_model.model_json_schema()
    return dict(leaves(schema, schema.get("$defs", {}), ""))


@pytest.mark.parametrize("node_class", TRUST, ids=lambda node: node.node_name)
def test_what_decides_about_trust_is_no_parameter(
    node_class: type[GraphNode[Any]], context: Context
) -> None:
    for name in TRUST[node_class]:
        assert trust_of(node_class.settings_model, name) == "yes", name
        with pytest.raises(SettingsError, match="--settings") as refused:
            node_class(context=context, parameter_overrides=[Parameter(name, value="x")])
        assert name in str(refused.value)


def test_every_other_setting_is_a_parameter(context: Context) -> None:
    for node_class in (TrackingNode, AnonymizationNode):
        node = node_class(context=context)
        try:
            listed = set(node.list_parameters([], 0).names)
            for name in fields(node_class):
                is_trust = trust_of(node_class.settings_model, name) == "yes"
                assert (name in listed) != is_trust, name
                if is_trust:
                    tried = node.set_parameters_atomically
                    with pytest.raises(ParameterNotDeclaredException):
                        tried([Parameter(name, value="x")])
                else:
                    assert node.describe_parameter(name).description, name
        finally:
            node.destroy_node()


def test_an_address_that_may_hold_a_password_is_no_parameter(context: Context) -> None:
    given = {"source.kind": "rtsp", "source.uri": "rtsp://user:secret@camera/stream"}
    with pytest.raises(SettingsError, match=r"source\.uri") as refused:
        DetectionNode(
            context=context, parameter_overrides=[Parameter(n, value=v) for n, v in given.items()]
        )
    assert "secret" not in str(refused.value)


def test_no_node_goes_by_a_clock_that_anybody_may_publish(context: Context) -> None:
    sim_time = Parameter("use_sim_time", value=True)
    with pytest.raises(SettingsError, match=r"/tracking: use_sim_time: leave it out, or false"):
        TrackingNode(context=context, parameter_overrides=[sim_time])
    node = TrackingNode(context=context)
    try:
        refused = node.set_parameters([sim_time])[0]
        assert (refused.successful, "event time comes with" in refused.reason) == (False, True)
        assert not node.get_clock().ros_time_is_active
        assert node.set_parameters([Parameter("use_sim_time", value=False)])[0].successful
    finally:
        node.destroy_node()


@pytest.mark.parametrize("node_class", GIVEN, ids=lambda node: node.node_name)
def test_a_node_with_a_settings_file_offers_nothing_that_changes_it(
    node_class: type[GraphNode[Any]], context: Context, tmp_path: Path
) -> None:
    file = SettingsFile(tmp_path / "x.yaml", {f"/{node_class.node_name}": GIVEN[node_class]})
    node = node_class(context=context, settings_file=file)
    try:
        own = {"use_sim_time", "start_type_description_service"}
        assert set(node.list_parameters([], 0).names) <= own
        assert [service.service_name for service in node.services] == []
    finally:
        node.destroy_node()


def test_a_setting_without_a_value_can_be_set_and_checked(context: Context) -> None:
    node = TrackingNode(context=context)
    try:
        name = "calibration.focal_px"
        assert fields(TrackingNode)[name]
        assert node.get_parameter_or(name).type_ is Parameter.Type.NOT_SET
        good, bad = [900.0, 900.0], ["wide"]
        assert node.set_parameters([Parameter(name, value=good)])[0].successful
        assert list(node.get_parameter(name).value) == good
        refused = node.set_parameters([Parameter(name, value=bad)])[0]
        assert not refused.successful
        assert name in refused.reason
    finally:
        node.destroy_node()


@pytest.mark.parametrize("node_class", GIVEN, ids=lambda node: node.node_name)
def test_a_node_takes_the_place_of_nothing_private_in_the_frame(
    node_class: type[GraphNode[Any]],
) -> None:
    """A method of the same name would silently replace how errors in transitions are handled."""
    private = {name for name in vars(GraphNode) if name.startswith("_") and "__" not in name}
    assert private & set(vars(node_class)) - {"_abc_impl", "_is_protocol"} == set()
