"""docs/api.md: every call of the HTTP API and every object in it, from its OpenAPI description; pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

GENERATED = "<!-- Written by `patchbay docs` from the OpenAPI description; edit the program. -->"
INTRODUCTION = """\
Under `/v1`, in JSON. The same in machine-readable form: `/v1/openapi.json`; to try it out: `/docs`.

* **Keys.** `Authorization: Bearer pbk_…`. A key has a role (`viewer`, `editor`, `admin`) and may be narrowed down to
  scopes (`read`, `configure`, `publish`, `operate`, `administer`). A browser exchanges its key for a session cookie.
* **Errors** are `application/problem+json` (RFC 9457): `code` is for programs, `detail` for people, `errors` has a JSON
  pointer for each fault, `trace_id` leads to the log.
* **Changes** of what was read need `If-Match` with its `ETag` (428 without, 412 when somebody was faster).
* **Creations** take an `Idempotency-Key`: repeated within 24 hours, they answer what they answered first.
* **Lists** come in pages: `limit`, and `next_cursor` to send as `cursor`.
"""
_ALWAYS = frozenset({"401", "403", "413", "422", "503"})
_TOLD_ONCE = frozenset({"limit", "cursor", "if-match", "idempotency-key"})


def api_reference(description: Mapping[str, Any]) -> str:
    """The whole page."""
    parts = [GENERATED, "# The HTTP API", INTRODUCTION.rstrip()]
    for tag, calls in _by_tag(description["paths"]).items():
        parts.append(f"## {tag.capitalize()}")
        parts.extend(_call(method, path, operation) for method, path, operation in calls)
    parts.append("## Objects")
    parts.append("A field with a `*` is always there.")
    schemas = description["components"]["schemas"]
    parts.extend(_object(name, schemas[name]) for name in sorted(schemas))
    return "\n\n".join(parts) + "\n"


def _by_tag(paths: Mapping[str, Any]) -> dict[str, list[tuple[str, str, Mapping[str, Any]]]]:
    tags: dict[str, list[tuple[str, str, Mapping[str, Any]]]] = defaultdict(list)
    for path, operations in paths.items():
        for method, operation in operations.items():
            tags[next(iter(operation.get("tags", ())), "other")].append((method.upper(), path, operation))
    return dict(sorted(tags.items()))


def _call(method: str, path: str, operation: Mapping[str, Any]) -> str:
    lines = [f"### `{method} {path}`", "", operation.get("description", operation["summary"]).strip(), ""]
    lines.extend(_parameters(operation.get("parameters", ())))
    body = operation.get("requestBody")
    if body is not None:
        needed = "" if body.get("required") else " (optional)"
        lines.append(f"- Body: {_content(body['content'])}{needed}")
    lines.extend(_answers(operation["responses"]))
    return "\n".join(lines)


def _parameters(parameters: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for parameter in parameters:
        if parameter["in"] == "path" or parameter["name"] in _TOLD_ONCE:
            continue
        told = _one_line(parameter.get("description", ""))
        yield f"- `{parameter['name']}` ({parameter['in']}): {_type(parameter['schema'])}{'. ' + told if told else ''}"


def _answers(responses: Mapping[str, Any]) -> Iterator[str]:
    for status, response in responses.items():
        if status.startswith("2"):
            yield f"- Answers {status}: {_content(response.get('content', {}))}"
    refused = [
        f"{status} {_one_line(answer['description'])}" for status, answer in responses.items() if _is_own(status)
    ]
    if refused:
        yield f"- Refuses: {', '.join(refused)}"


def _is_own(status: str) -> bool:
    return not status.startswith("2") and status not in _ALWAYS


def _content(content: Mapping[str, Any]) -> str:
    kinds = [_type(told["schema"]) if "schema" in told else kind for kind, told in content.items()]
    return ", ".join(kind or "anything" for kind in kinds) or "nothing"


def _object(name: str, schema: Mapping[str, Any]) -> str:
    lines = [f"### {name}", ""]
    if schema.get("description"):
        lines += [_one_line(schema["description"]), ""]
    if "enum" in schema:
        lines.append("One of " + ", ".join(f"`{value}`" for value in schema["enum"]) + ".")
    required = set(schema.get("required", ()))
    for field, told in schema.get("properties", {}).items():
        mark = "`*`" if field in required else ""
        description = _one_line(told.get("description", ""))
        lines.append(f"- `{field}`{mark}: {_type(told)}{'. ' + description if description else ''}")
    return "\n".join(lines).rstrip()


def _type(schema: Mapping[str, Any]) -> str:
    match schema:
        case {"$ref": str(reference)}:
            name = reference.rpartition("/")[2]
            return f"[{name}](#{name.lower()})"
        case {"anyOf": several} | {"oneOf": several}:
            return " or ".join(dict.fromkeys(_type(each) for each in several))
        case {"enum": values}:
            return " or ".join(f"`{value}`" for value in values)
        case {"const": value}:
            return f"`{value}`"
    return _plain_type(schema)


def _plain_type(schema: Mapping[str, Any]) -> str:
    match schema:
        case {"type": "array"}:
            return f"list of {_type(schema.get('items', {}))}"
        case {"type": "object", "additionalProperties": dict(values)}:
            return f"object of {_type(values)}"
        case {"type": str(kind)}:
            return str(schema.get("format", kind))
    return "anything"


def _one_line(text: str) -> str:
    return " ".join(text.split())
