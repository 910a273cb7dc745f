"""The commands' way to the control plane: its public HTTP API, with an API key."""

import json
import os
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from deploy.errors import CannotRun
from deploy.local.folder import DEFAULT_FOLDER, StackFolder

TIMEOUT_SECONDS = 30.0
DEFAULT_URL = "http://127.0.0.1:8080"


class ApiClient:
    """Asks the API; raises `CannotRun` with the problem's own words."""

    def __init__(self, url: str | None, key: str | None, folder: Path = DEFAULT_FOLDER) -> None:
        self._url = (url or StackFolder(folder).addresses().get("console") or DEFAULT_URL).rstrip("/")
        self._key = key or os.environ.get("PATCHBAY_API_KEY")

    def get(self, path: str, **query: str) -> Any:
        """The JSON of a GET."""
        return self._ask("GET", f"{path}?{urlencode(query)}" if query else path)

    def post(self, path: str) -> Any:
        """The JSON of a POST without a body."""
        return self._ask("POST", path)

    def call(self, method: str, path: str, body: Any = None, *, if_match: str | None = None) -> Any:
        """The JSON of any request, `None` for an answer without content; `if_match` is the ETag that was read."""
        return self._ask(method, path, body, {} if if_match is None else {"If-Match": if_match})

    def _ask(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] = MappingProxyType({})) -> Any:
        if not self._key:
            raise CannotRun("This asks the control plane. Put an API key into PATCHBAY_API_KEY.")
        sent = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json", **headers}
        data = None if body is None else json.dumps(body).encode()
        try:
            with urlopen(Request(self._url + path, data, sent, method=method), timeout=TIMEOUT_SECONDS) as answer:
                return json.load(answer) if answer.status != HTTPStatus.NO_CONTENT else None
        except HTTPError as error:
            raise CannotRun(f"{method} {self._url}{path}: {_detail(error)}") from error
        except (URLError, TimeoutError, ConnectionError) as error:
            reason = getattr(error, "reason", error)
            raise CannotRun(f"The control plane at {self._url} does not answer: {reason}. Is it running?") from error
        except json.JSONDecodeError as error:
            raise CannotRun(f"What answers at {self._url} is not the control plane.") from error


def _detail(error: HTTPError) -> str:
    try:
        problem = json.load(error)
        faults = [f"\n  {fault['pointer']}: {fault['detail']}" for fault in problem.get("errors", ())]
        return f"{error.code}, {problem['detail']}{''.join(faults)}"
    except (ValueError, KeyError, TypeError):
        return f"{error.code} {error.reason}"
