"""The OpenAPI description, with problems instead of the framework's own form of validation errors."""

from typing import Any

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema

from control_plane.errors import InvalidInput, Problem, TooLarge, documented

_FRAMEWORKS_OWN = ("HTTPValidationError", "ValidationError")


def describe(app: FastAPI) -> None:
    """Have the app describe itself in our terms."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _in_our_terms(generate())
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # the way that FastAPI documents


def _in_our_terms(schema: dict[str, Any]) -> dict[str, Any]:
    _, problems = models_json_schema([(Problem, "serialization")], ref_template="#/components/schemas/{model}")
    schemas = schema.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(problems["$defs"])
    for name in _FRAMEWORKS_OWN:
        schemas.pop(name, None)
    refused, too_large = (documented(error)[error.status] for error in (InvalidInput, TooLarge))
    for path in schema["paths"].values():
        for operation in path.values():
            if "422" in operation["responses"]:
                operation["responses"]["422"] = refused
            if "requestBody" in operation:
                operation["responses"]["413"] = too_large
    return schema
