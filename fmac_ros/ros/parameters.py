"""Configuration dataclasses <-> node parameters.

Each field of a dataclass becomes one declared parameter of the same name. Everything is
read once, at start, so every parameter is read-only: a later `ros2 param set` is refused
instead of silently ignored.
"""

from __future__ import annotations

import dataclasses
import math
import typing
from collections.abc import Sequence
from typing import Any, TypeVar

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.exceptions import ParameterException
from rclpy.node import Node
from rclpy.parameter import Parameter

Config = TypeVar("Config")

_TYPES = {
    bool: Parameter.Type.BOOL,
    int: Parameter.Type.INTEGER,
    float: Parameter.Type.DOUBLE,
    str: Parameter.Type.STRING,
    tuple[str, ...]: Parameter.Type.STRING_ARRAY,
    tuple[float, ...]: Parameter.Type.DOUBLE_ARRAY,
    tuple[int, ...]: Parameter.Type.INTEGER_ARRAY,
}


class ParameterError(ValueError):
    """A parameter is missing or not valid; the text says which and what is."""


def parameter(
    default: Any = dataclasses.MISSING,
    *,
    description: str,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: Sequence[str] = (),
) -> Any:
    """A dataclass field with what a parameter's description needs.

    Args:
        default: without one, the parameter must be set by whoever starts the node.
        minimum, maximum: inclusive range of a number.
        choices: valid values of a string.
    """
    metadata = {
        "description": description,
        "minimum": minimum,
        "maximum": maximum,
        "choices": tuple(choices),
    }
    return dataclasses.field(default=default, metadata=metadata)


def declare(node: Node, config_type: type[Config]) -> Config:
    """Declare every field of a dataclass on a node and return the filled dataclass.

    Raises:
        ParameterError: a value is missing, of the wrong type, out of range, or refused by
            the dataclass itself.
    """
    types = typing.get_type_hints(config_type)
    values = {
        field.name: _declare_field(node, field, types[field.name])
        for field in dataclasses.fields(config_type)  # type: ignore[arg-type]
    }
    try:
        return config_type(**values)
    except ValueError as error:
        raise ParameterError(f"parameters of {node.get_name()}: {error}") from error


def _declare_field(node: Node, field: dataclasses.Field[Any], annotation: Any) -> Any:
    where = f"parameter {field.name!r} of {node.get_name()}"
    if annotation not in _TYPES:
        valid = ", ".join(str(known) for known in _TYPES)
        raise TypeError(f"{where} has type {annotation}, valid: {valid}")
    try:
        value = _declared_value(node, field, annotation)
    except ParameterException as error:
        raise ParameterError(f"{where}: {error}") from error
    if value is None:
        raise ParameterError(f"{where} is not set: {field.metadata.get('description', '')}")
    if annotation not in (bool, int, float, str):
        value = tuple(value)
    _check(where, value, field.metadata)
    return value


def _declared_value(node: Node, field: dataclasses.Field[Any], annotation: Any) -> Any:
    descriptor = _descriptor(field, annotation)
    if field.default is dataclasses.MISSING:
        return node.declare_parameter(field.name, _TYPES[annotation], descriptor).value
    default: Any = field.default
    if annotation is float:
        default = float(default)
    if annotation not in (bool, int, float, str):
        default = list(default)
    return node.declare_parameter(field.name, default, descriptor).value


def _descriptor(field: dataclasses.Field[Any], annotation: Any) -> ParameterDescriptor:
    minimum, maximum = field.metadata.get("minimum"), field.metadata.get("maximum")
    descriptor = ParameterDescriptor(
        name=field.name,
        type=_TYPES[annotation].value,
        description=field.metadata.get("description", field.name.replace("_", " ")),
        read_only=True,
    )
    if field.metadata.get("choices"):
        descriptor.additional_constraints = "one of: " + ", ".join(field.metadata["choices"])
    if (minimum is not None or maximum is not None) and annotation is int:
        low, high = -(2**31) if minimum is None else minimum, 2**31 if maximum is None else maximum
        descriptor.integer_range = [IntegerRange(from_value=int(low), to_value=int(high), step=1)]
    if (minimum is not None or maximum is not None) and annotation is float:
        low, high = -1e308 if minimum is None else minimum, 1e308 if maximum is None else maximum
        descriptor.floating_point_range = [
            FloatingPointRange(from_value=float(low), to_value=float(high), step=0.0)
        ]
    return descriptor


def _check(where: str, value: Any, metadata: Any) -> None:
    choices = metadata.get("choices")
    if choices and value not in choices:
        raise ParameterError(f"{where} is {value!r}, valid: {', '.join(choices)}")
    numbers = value if isinstance(value, tuple) else (value,)
    if any(isinstance(number, float) and not math.isfinite(number) for number in numbers):
        raise ParameterError(f"{where} is {value!r}, valid: a finite number")
