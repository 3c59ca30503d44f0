# SPDX-License-Identifier: Apache-2.0
"""Every setting of every node is a ROS parameter: listed, described, and settable."""

from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
import rclpy
from rclpy.context import Context
from rclpy.parameter import Parameter

from privcv_compliance.nodes.guard import GuardNode
from privcv_core.node.lifecycle import GraphNode
from privcv_perception.nodes.detection import DetectionNode
from privcv_perception.nodes.tracking import TrackingNode
from privcv_privacy.nodes.aggregation import AggregationNode
from privcv_privacy.nodes.anonymization import AnonymizationNode
from privcv_uplink.nodes.uplink import UplinkNode

pytestmark = pytest.mark.graph

GIVEN: dict[type[GraphNode[Any]], dict[str, Any]] = {
    DetectionNode: {
        "source.kind": "topic",
        "source.uri": "/images",
        "authorization.required": False,
    },
    TrackingNode: {},
    AnonymizationNode: {},
    AggregationNode: {
        "ledger": "ledger.db",
        "cameras.lobby.zones.door.polygon_m": [0.0, 0.0, 1.0, 0.0, 1.0, 1.0],
    },
    UplinkNode: {"url": "https://collector.example", "pins": ["sha256/" + "A" * 43 + "="]},
    GuardNode: {"cameras": ["lobby"]},
}


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


@pytest.mark.parametrize("node_class", GIVEN, ids=lambda node: node.node_name)
def test_every_setting_is_a_parameter(node_class: type[GraphNode[Any]], context: Context) -> None:
    overrides = [Parameter(name, value=value) for name, value in GIVEN[node_class].items()]
    node = node_class(context=context, parameter_overrides=overrides)
    try:
        wanted = fields(node_class)
        assert len(wanted) > 3
        listed = set(node.list_parameters([], 0).names)
        assert set(wanted) - listed == set()
        for name in wanted:
            descriptor = node.describe_parameter(name)
            assert descriptor.description, name
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
