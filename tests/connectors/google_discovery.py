"""Whether a request is one that Google's discovery documents describe: path, names, types and enums."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import googleapiclient.discovery_cache

from connectors.kit.exchange import PartnerRequest

_DOCUMENTS = Path(googleapiclient.discovery_cache.__file__).parent / "documents"
_INTEGERS = {"int32": 31, "uint32": 32, "int64": 63, "uint64": 64}


@cache
def discovery_document(name: str) -> dict[str, Any]:
    """A document of the package google-api-python-client, such as `datamanager.v1`."""
    return json.loads((_DOCUMENTS / f"{name}.json").read_text())


def request_problems(request: PartnerRequest, document: str) -> list[str]:
    """What the document does not describe of a request: its method and path, its query, and its body."""
    found = discovery_document(document)
    url = urlsplit(request.url)
    path = url.path.lstrip("/").removeprefix(found["servicePath"])
    for method in _methods(found["resources"]):
        if method["httpMethod"] == request.method and _pattern(method["flatPath"]).fullmatch(path):
            known = {**found["parameters"], **method.get("parameters", {})}
            unknown = [
                f"?{name}" for name, _ in parse_qsl(url.query, strict_parsing=bool(url.query)) if name not in known
            ]
            return [*unknown, *_body_problems(request, method, document)]
    return [f"no method {request.method} /{path} in {document}"]


def schema_problems(value: Any, schema: str, document: str) -> list[str]:
    """What a schema of the document does not allow in a value, by JSON path."""
    return list(_problems(value, {"$ref": schema}, discovery_document(document)["schemas"], schema))


def _body_problems(request: PartnerRequest, method: dict[str, Any], document: str) -> list[str]:
    if "request" not in method:
        return ["a body where none belongs"] if request.body else []
    return schema_problems(json.loads(request.body), method["request"]["$ref"], document)


def _methods(resources: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for resource in resources.values():
        yield from resource.get("methods", {}).values()
        yield from _methods(resource.get("resources", {}))


def _pattern(flat_path: str) -> re.Pattern[str]:
    return re.compile("".join("[^/:]+" if part.startswith("{") else re.escape(part) for part in _parts(flat_path)))


def _parts(flat_path: str) -> list[str]:
    return [part for part in re.split(r"(\{[^}]+\})", flat_path) if part]


def _problems(value: Any, schema: dict[str, Any], schemas: dict[str, Any], at: str) -> Iterator[str]:
    schema = schemas[schema["$ref"]] if "$ref" in schema else schema
    match schema.get("type"):
        case "object" if isinstance(value, dict):
            properties = schema.get("properties", {})
            for name, child in value.items():
                if name not in properties:
                    yield f"{at}.{name} is unknown"
                elif properties[name].get("readOnly"):
                    yield f"{at}.{name} is read-only"
                else:
                    yield from _problems(child, properties[name], schemas, f"{at}.{name}")
        case "array" if isinstance(value, list):
            for index, child in enumerate(value):
                yield from _problems(child, schema["items"], schemas, f"{at}[{index}]")
        case kind if not _fits(value, kind, schema):
            yield f"{at} is {value!r}, not {schema.get('format') or schema.get('enum') or kind}"


def _fits(value: Any, kind: str | None, schema: dict[str, Any]) -> bool:
    match kind:
        case "string" if isinstance(value, str):
            return _is_well_formed(value, schema)
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            bits = _INTEGERS.get(schema.get("format", "int64"), 63)
            return isinstance(value, int) and not isinstance(value, bool) and -(2**bits) <= value < 2**bits
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case _:
            return False


def _is_well_formed(text: str, schema: dict[str, Any]) -> bool:
    if "enum" in schema:
        return text in schema["enum"]
    if schema.get("format") in _INTEGERS:
        return re.fullmatch(r"-?[0-9]+", text) is not None and abs(int(text)) < 2 ** _INTEGERS[schema["format"]]
    return True
