"""A request as a command line that repeats it, with `$VARIABLES` where its secrets are."""

import re
import shlex
from collections.abc import Mapping

from connectors.kit.exchange import PartnerRequest
from connectors.kit.masking import HIDDEN_HEADERS, forms_of

MAX_BODY_BYTES = 64 * 1024


def as_curl(request: PartnerRequest, secrets: Mapping[str, str]) -> str | None:
    """The command; `None` for what curl cannot repeat: another protocol, a body of bytes, one that is too long."""
    if not request.url.startswith(("http://", "https://")) or len(request.body) > MAX_BODY_BYTES:
        return None
    try:
        body = request.body.decode()
    except UnicodeDecodeError:
        return None
    variables = _variables(request, secrets)
    lines = [f"curl --request {request.method} {_quoted(request.url, variables)}"]
    lines += [f"--header {_header(name, value, variables)}" for name, value in request.headers]
    if body:
        lines.append(f"--data-binary {_quoted(body, variables)}")
    return " \\\n  ".join(lines)


def _variables(request: PartnerRequest, secrets: Mapping[str, str]) -> dict[str, str]:
    """The variable for each form of a secret, the longest form first."""
    named = {_variable(name): secret for name, secret in secrets.items()}
    known = set(named.values())
    unnamed = [secret for secret in dict.fromkeys(request.secrets) if secret not in known]
    named |= {f"SECRET_{number}": secret for number, secret in enumerate(unnamed, 1)}
    found: dict[str, str] = {}
    for name, secret in named.items():
        for form in forms_of(secret):
            found.setdefault(form, name if form == secret else f"{name}_ENCODED")
    return dict(sorted(found.items(), key=lambda pair: len(pair[0]), reverse=True))


def _variable(name: str) -> str:
    return re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_") or "SECRET"


def _header(name: str, value: str, variables: Mapping[str, str]) -> str:
    hidden = name.lower() in HIDDEN_HEADERS and not any(form in value for form in variables)
    return _quoted(f"{name}: ", {}) + f'"${_variable(name)}"' if hidden else _quoted(f"{name}: {value}", variables)


def _quoted(text: str, variables: Mapping[str, str]) -> str:
    """Text for a shell: what is between variables in single quotes, the variables in double ones."""
    if not variables:
        return shlex.quote(text)
    pattern = "|".join(map(re.escape, variables))
    parts = re.split(f"({pattern})", text)
    return "".join(f'"${variables[part]}"' if part in variables else shlex.quote(part) for part in parts if part)
