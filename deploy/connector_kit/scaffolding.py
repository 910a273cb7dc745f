"""Makes a connector type that passes its checks: four files, four recorded cases, and its place in the catalogue."""

import ast
import base64
import json
import re
from dataclasses import dataclass
from importlib.resources import files
from keyword import iskeyword
from pathlib import Path
from string import Template

from connectors.catalog import load_catalog
from connectors.kit.rules import SNAKE
from deploy.connector_kit.source_tree import SourceTree
from deploy.errors import CannotRun

MAX_NAME = 27
"""Longer keys would break the lines of the templates."""
RESERVED = frozenset({"cases", "custom", "kit"})
SOURCES = {
    "__init__.py": "package.txt",
    "declaration.py": "declaration.txt",
    "settings.py": "settings.txt",
    "render.py": "render.txt",
    "facts.toml": "facts.txt",
}
CASES = {f"{name}.json": f"{name}.txt" for name in ("check", "joined", "left", "refusals")}


@dataclass(frozen=True, slots=True)
class AuthenticationParts:
    """What differs between the ways of signing in; `settings` and `header` are what the recorded cases show."""

    code: str
    settings: dict[str, str]
    header: str | None
    imports: tuple[str, ...] = ()


BEARER = AuthenticationParts(
    code='''\
    api_token: Secret = setting("API token", "…: say where it is made, and which rights it needs.")

    @property
    def shown_secret(self) -> str:
        """The secret as it stands in a request."""
        return self.api_token.get_secret_value()

    @property
    def access_header(self) -> tuple[str, str]:
        """The header that says who calls."""
        return "Authorization", f"Bearer {self.shown_secret}"
''',
    settings={"api_token": "secret-token"},
    header="Bearer secret-token",
)
BASIC = AuthenticationParts(
    code='''\
    username: str = setting("User name", "…: say whose it is.")
    password: Secret = setting("Password", "…: say where it is set.")

    @property
    def shown_secret(self) -> str:
        """The secret as it stands in a request."""
        return base64.b64encode(f"{self.username}:{self.password.get_secret_value()}".encode()).decode()

    @property
    def access_header(self) -> tuple[str, str]:
        """The header that says who calls."""
        return "Authorization", f"Basic {self.shown_secret}"
''',
    settings={"username": "ada", "password": "secret-word"},
    header=f"Basic {base64.b64encode(b'ada:secret-word').decode()}",
    imports=("import base64",),
)
NONE = AuthenticationParts(code="", settings={}, header=None)
AUTHENTICATIONS = {"bearer": BEARER, "basic": BASIC, "none": NONE}


def make_connector(tree: SourceTree, name: str, authentication: str) -> list[Path]:
    """Writes the files, relative to the checkout; raises `CannotRun` for a name that cannot be one or is taken."""
    folder, cases = tree.catalogue / name, tree.cases(name)
    _check_name(name, taken=folder.exists() or cases.exists())
    texts = _values(name, AUTHENTICATIONS[authentication])
    catalogue = tree.catalogue / "__init__.py"
    listed = listed_in_catalogue(catalogue.read_text(encoding="utf-8"), name)
    written = []
    for target, sources in ((folder, SOURCES), (cases, CASES)):
        target.mkdir(parents=True)
        for file, source in sources.items():
            template = files(__package__).joinpath("scaffold", source).read_text(encoding="utf-8")
            (target / file).write_text(Template(template).substitute(texts), encoding="utf-8")
            written.append(target / file)
    catalogue.write_text(listed, encoding="utf-8")
    return [path.relative_to(tree.root) for path in (*written, catalogue)]


def listed_in_catalogue(source: str, name: str) -> str:
    """The source of the catalogue with one more connector type, imports and tuple in alphabetical order."""
    constant = name.upper()
    new_import = f"from connectors.catalog.{name}.declaration import CONNECTOR as {constant}"
    lines = source.splitlines()
    assignment = next(
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "CATALOG"
    )
    assert isinstance(assignment.value, ast.Tuple)
    names = sorted([constant, *(ast.unparse(element) for element in assignment.value.elts)])
    entries = ["CATALOG: tuple[ConnectorType, ...] = (", *(f"    {entry}," for entry in names), ")"]
    lines[assignment.lineno - 1 : assignment.end_lineno] = entries
    imports = [line for line in lines if re.match(r"from connectors\.catalog\.\w+\.declaration import ", line)]
    first = lines.index(imports[0])
    lines[first : first + len(imports)] = sorted([*imports, new_import])
    return "\n".join(lines) + "\n"


def _check_name(name: str, *, taken: bool) -> None:
    if not SNAKE.fullmatch(name) or len(name) > MAX_NAME or iskeyword(name) or name in RESERVED:
        raise CannotRun(f"{name!r} cannot be a key: lower_snake, at most {MAX_NAME} characters, such as acme_lists.")
    if taken or name in {type_.key for type_ in load_catalog()}:
        raise CannotRun(f"There is a connector type {name!r} already.")


def _values(name: str, parts: AuthenticationParts) -> dict[str, str]:
    words = name.split("_")
    secret = "Secret, " if parts.header else ""
    headers = {"Authorization": parts.header} if parts.header else {}
    class_name = "".join(word.capitalize() for word in words)
    return {
        "key": name,
        "label": " ".join(word.capitalize() for word in words),
        "class_name": class_name,
        "models": ", ".join(sorted((f"{class_name}Settings", "SyncListFields"))),
        "host": name.replace("_", "-"),
        "number": str(max(type_.partner_type.number for type_ in load_catalog()) + 1),
        "imports": "\n".join(
            (
                *parts.imports,
                "from typing import Any, ClassVar",
                "",
                f"from connectors.kit.declaration import ActionFields, {secret}SettingsModel, mapped, setting",
                "from connectors.kit.partner_url import PartnerUrl",
                "from connectors.kit.usual_fields import identifier",
                "",
            )
        ),
        "auth_settings": parts.code,
        "access_header": " settings.access_header" if parts.header else "",
        "secrets_line": "        (settings.shown_secret,),\n" if parts.header else "",
        "check_arguments": ", None, (settings.access_header,), (settings.shown_secret,)" if parts.header else "",
        "case_settings": json.dumps(parts.settings),
        "case_header": f", {json.dumps(headers)[1:-1]}" if headers else "",
        "check_case_headers": f', "headers": {json.dumps(headers)}' if headers else "",
    }
