# SPDX-License-Identifier: Apache-2.0
"""The one place that declares ROS parameters: a settings model is the declaration.

What decides about trust (``privcv_core.settings.model.TRUST``) is no parameter: it is not declared,
so that it can neither be set nor read in any state, and comes from a settings file.
"""

from typing import Any, TypeVar

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)
from rclpy.node import Node
from rclpy.parameter import Parameter

from privcv_core.errors import SettingsError
from privcv_core.settings.dotted import Limits, limits_of, names_of, nest, to_flat, trust_of
from privcv_core.settings.model import Settings, parse_settings
from privcv_core.settings.settings_file import SettingsFile

S = TypeVar("S", bound=Settings)

# Declared by rclpy itself on every node.
ROS_OWN = ("use_sim_time", "start_type_description_service", "qos_overrides")

NO_SIM_TIME = (
    "use_sim_time: leave it out, or false: event time comes with each frame, and "
    "/clock, which anybody may publish, sets no clock here"
)


def settings_from_file(node: Node, model: type[S], file: SettingsFile) -> S:
    """What ``file`` says of ``node``, which has no parameters. Raises ``SettingsError``."""
    name = node.get_fully_qualified_name()
    return parse_settings(
        model, file.of_node(name), where=f"{file.path}: {name}", base=file.path.resolve().parent
    )


def declare_settings(node: Node, model: type[S]) -> S:
    """Declare fields of ``model`` as ROS parameters of ``node``; returns the values given.

    All but those that decide about trust, which raise ``SettingsError`` where they are given.

    A field without a value (``None``, an empty list) is declared and not set, so that
    ``ros2 param`` lists, describes and sets it.

    ``node`` must have been made with ``automatically_declare_parameters_from_overrides=True``.
    Raises ``SettingsError`` naming the node and the parameter.
    """
    given = {
        name: parameter.value
        for name, parameter in node.get_parameters_by_prefix("").items()
        if name.split(".")[0] not in ROS_OWN
    }
    _refuse_trust(node, model, given)
    if node.get_parameter("use_sim_time").value:
        raise SettingsError(f"{_name(node)}: {NO_SIM_TIME}")
    try:
        settings = parse_settings(model, nest(given), where=_name(node))
    except SettingsError as error:
        raise SettingsError(f"{error} (settings may also be given with --settings FILE)") from error
    flat = to_flat(settings)
    for name in names_of(model, settings.model_dump(mode="python")):
        if trust_of(model, name) == "yes":
            continue
        descriptor = _descriptor(model, name)
        if name in given:
            node.set_descriptor(name, descriptor, _as_declared(flat.get(name, given[name])))
        else:
            # ROS has no value for None and the empty list: declared, of any type, and not set.
            node.declare_parameter(name, flat.get(name), descriptor)
    return settings


def read_settings(node: Node, model: type[S]) -> S:
    """The current parameters of ``node``, which may have been set since they were declared."""
    return parse_settings(model, nest(_own_parameters(node)), where=_name(node))


def refuse_bad_changes(node: Node, model: type[S], is_running: Any) -> None:
    """Have ``ros2 param set`` refuse what the model refuses, and any change while running."""

    def check(parameters: list[Parameter]) -> SetParametersResult:
        if any(p.name == "use_sim_time" and p.value for p in parameters):
            return SetParametersResult(successful=False, reason=NO_SIM_TIME)
        changed = {p.name: p.value for p in parameters if p.name.split(".")[0] not in ROS_OWN}
        if not changed:
            return SetParametersResult(successful=True)
        if is_running():
            reason = "the node runs: clean it up, set the parameter, configure it again"
            return SetParametersResult(successful=False, reason=reason)
        now = {**_own_parameters(node), **changed}
        try:
            set_now = {name: value for name, value in now.items() if value is not None}
            parse_settings(model, nest(set_now), where=_name(node))
        except SettingsError as error:
            return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)

    node.add_on_set_parameters_callback(check)


def _refuse_trust(node: Node, model: type[Settings], given: dict[str, Any]) -> None:
    for name, value in given.items():
        trust = trust_of(model, name)
        # An address may hold a password, which anybody could read from a parameter.
        if trust == "yes" or (trust == "at start" and "://" in str(value)):
            place = f"nodes: {node.get_fully_qualified_name()}:"
            raise SettingsError(
                f"{_name(node)}: {name}: decides whom to trust, so it is no parameter: start with "
                f"--settings FILE, and write it there under {place}"
            )


def _own_parameters(node: Node) -> dict[str, Any]:
    return {
        name: parameter.value
        for name, parameter in node.get_parameters_by_prefix("").items()
        if name.split(".")[0] not in ROS_OWN and parameter.value is not None
    }


def _descriptor(model: type[Settings], name: str) -> ParameterDescriptor:
    limits: Limits = limits_of(model, name)
    # dynamic_typing: YAML writes 5 for 5.0, and the model is the stricter judge of types.
    descriptor = ParameterDescriptor(
        description=limits.description,
        dynamic_typing=True,
        read_only=trust_of(model, name) == "at start",
    )
    if limits.low is not None and limits.high is not None:
        if limits.is_integer:
            span = IntegerRange(from_value=int(limits.low), to_value=int(limits.high), step=0)
            descriptor.integer_range = [span]
        else:
            low, high = float(limits.low), float(limits.high)
            descriptor.floating_point_range = [FloatingPointRange(from_value=low, to_value=high)]
    return descriptor


def _as_declared(value: Any) -> Any:
    return Parameter("value", value=value).get_parameter_value()


def _name(node: Node) -> str:
    return f"parameters of {node.get_fully_qualified_name()}"
