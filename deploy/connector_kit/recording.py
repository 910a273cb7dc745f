"""Rewrites what recorded cases say is sent, and shows each change: what is sent differs on purpose, or not at all."""

import difflib
import json
from typing import Any

import msgspec
from pydantic import ValidationError

from connectors.catalog import find_cases, load_catalog
from connectors.kit.cases import Case, Sends, load_cases, prepare_case, request_of
from connectors.kit.declaration import ConnectorType
from connectors.kit.errors import CannotRender
from connectors.kit.exchange import PartnerRequest
from deploy.errors import CannotRun

LINE = 110


def record_cases(name: str) -> list[str]:
    """The differences, one per file that changed; raises `CannotRun` when there is nothing to record."""
    type_ = load_catalog().get(name)
    if type_ is None:
        raise CannotRun(f"There is no connector type {name!r}.")
    cases = load_cases(find_cases(name))
    if not cases:
        raise CannotRun(f"There are no cases in {find_cases(name)}; write one, without `sends`.")
    return [change for case in cases if (change := _record(type_, case))]


def _record(type_: ConnectorType, case: Case) -> str:
    try:
        request = request_of(prepare_case(type_, case))
    except (CannotRender, ValidationError) as error:
        if case.fails:
            return ""
        raise CannotRun(f"{case.file.name} cannot be rendered: {error}") from error
    found = (
        None if request is None else sends_of(request, as_text=case.sends is not None and case.sends.text is not None)
    )
    if found == case.sends:
        return ""
    before = case.file.read_text(encoding="utf-8")
    after = _with_sends(before, found)
    case.file.write_text(after, encoding="utf-8")
    lines = difflib.unified_diff(before.splitlines(True), after.splitlines(True), case.file.name, case.file.name)
    return "".join(lines)


def sends_of(request: PartnerRequest, *, as_text: bool = False) -> Sends:
    """A request in the words of a case: its body as JSON where it is JSON."""
    text = request.body.decode()
    whole = Sends(request.method, request.url, dict(request.headers))
    if not text:
        return whole
    try:
        if not as_text:
            return msgspec.structs.replace(whole, json=msgspec.json.decode(request.body))
    except msgspec.DecodeError:
        return msgspec.structs.replace(whole, text=text)
    return msgspec.structs.replace(whole, text=text)


def _with_sends(source: str, sends: Sends | None) -> str:
    content = json.loads(source)
    content.pop("sends", None)
    if sends is not None:
        answers = {"answers": content.pop("answers")} if "answers" in content else {}
        content = {**content, "sends": msgspec.to_builtins(sends), **answers}
    return _written(content, 0) + "\n"


def _written(value: Any, depth: int) -> str:
    """JSON with short values on one line, as the cases are written by hand."""
    flat = json.dumps(value, ensure_ascii=False)
    if not value or not isinstance(value, (dict, list)) or (depth and len(flat) + 2 * depth <= LINE):
        return flat
    inner, outer = "  " * (depth + 1), "  " * depth
    if isinstance(value, list):
        items = [inner + _written(item, depth + 1) for item in value]
        return "[\n" + ",\n".join(items) + f"\n{outer}]"
    items = [f"{inner}{json.dumps(name)}: {_written(item, depth + 1)}" for name, item in value.items()]
    return "{\n" + ",\n".join(items) + f"\n{outer}}}"
