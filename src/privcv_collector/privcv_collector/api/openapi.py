# SPDX-License-Identifier: Apache-2.0
"""The description of bodies that routes read themselves, byte for byte, because they are signed."""

from typing import Any, Generic, Literal, TypeVar

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import models_json_schema

B = TypeVar("B", bound=BaseModel)
_REFERENCE = "#/components/schemas/{model}"
_described: list[type[BaseModel]] = []


class Signed(BaseModel, Generic[B]):
    """An envelope in canonical JSON (RFC 8785): members in this order, no white space."""

    model_config = ConfigDict(extra="forbid")

    alg: Literal["Ed25519", "HMAC-SHA256"]
    body: B
    device: str = Field(pattern=r"^[0-9a-f]{32}$")
    key_id: str = Field(pattern=r"^[0-9a-f]{16}$")
    sent_at: str = Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
    sequence: int = Field(ge=0, lt=10**15, description="Number of the batch; 0 of anything else.")
    signature: str = Field(
        pattern=r"^([A-Za-z0-9_-]{43}|[A-Za-z0-9_-]{86})$",
        description="Over the canonical bytes of everything but this member.",
    )
    v: Literal[1]


def body_of(model: type[BaseModel]) -> dict[str, Any]:
    """``openapi_extra`` of a route whose body is ``model``."""
    if model not in _described:
        _described.append(model)
    schema = {"$ref": _REFERENCE.format(model=_name(model))}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def signed_body_of(model: type[BaseModel]) -> dict[str, Any]:
    """``openapi_extra`` of a route whose body is a signed envelope around ``model``."""
    return body_of(Signed[model])  # type: ignore[valid-type]


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI description of ``app``, made once."""
    if app.openapi_schema is None:
        content = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        _, definitions = models_json_schema(
            [(model, "validation") for model in _described], ref_template=_REFERENCE
        )
        schemas = content.setdefault("components", {}).setdefault("schemas", {})
        for name, schema in definitions.get("$defs", {}).items():
            schemas.setdefault(name, schema)
        app.openapi_schema = content
    return app.openapi_schema


def _name(model: type[BaseModel]) -> str:
    return model.__name__.replace("[", "_").replace("]", "_")
