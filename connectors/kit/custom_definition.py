"""The definition of a custom connector type, as an admin writes it: one file that says all, without code."""

import re
from enum import StrEnum
from typing import Annotated, Any, Final, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from connectors.kit.classification import Verdict
from connectors.kit.errors import InvalidSettings
from connectors.kit.http_parts import HEADER_NAME, OWN_HEADERS
from connectors.kit.identifiers import IDENTIFIERS
from connectors.kit.mapping_check import check_mapping
from connectors.kit.partner_url import PartnerUrl
from connectors.records.profile_event import Change

FORMAT: Final = 1
MAX_FILE = 256 * 1024
FIRST_PARTNER_TYPE = 1000
"""Partner types of custom connectors have numbers from here on."""

POINTER = r"^(/[^/]*)*$"
STATUS = re.compile(r"(?P<first>[1-5][0-9]{2})(?:-(?P<last>[1-5][0-9]{2}))?|(?P<class>[1-5])xx")


class InvalidDefinition(InvalidSettings):
    """A definition does not hold; `pointer` (JSON Pointer) names the place."""

    def __init__(self, pointer: str, problem: str) -> None:
        super().__init__(f"The definition does not hold at {pointer or 'its top'}: {problem}.")
        self.pointer = pointer
        self.problem = problem


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, (str, int, float)) else value


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _of_kind(value: Any) -> Any:
    return {"kind": value} if isinstance(value, str) else value


OneOrMore = BeforeValidator(_listed)
"""A list, or the one thing that would be in it."""

Number = BeforeValidator(_as_text)
"""Text, which YAML reads as a number when it looks like one."""

Link = Annotated[str, Field(pattern=r"^https?://[^\s<>\"]{1,2000}$")]
"""Where people read on; nothing is sent there. `{code}` is filled in."""


class Method(StrEnum):
    """The HTTP methods that may be used."""

    POST = "POST"
    PUT = "PUT"
    PATCH = "PATCH"
    DELETE = "DELETE"
    GET = "GET"


class NoAuthentication(_Part):
    """The partner does not ask who calls."""

    kind: Literal["none"] = "none"


class Bearer(_Part):
    """`Authorization: Bearer …`."""

    kind: Literal["bearer"]


class Basic(_Part):
    """User name and password."""

    kind: Literal["basic"]


class InHeader(_Part):
    """A key in a header of the partner's own."""

    kind: Literal["header"]
    name: str

    @field_validator("name")
    @classmethod
    def name_is_free(cls, name: str) -> str:
        """A header name, and none that is set anyway."""
        if HEADER_NAME.fullmatch(name) is None or name.lower() in OWN_HEADERS:
            raise ValueError("this is no header name that can be set here")
        return name


class InQuery(_Part):
    """A key in the query of the URL."""

    kind: Literal["query"]
    name: str = Field(pattern=r"^[A-Za-z0-9_.-]{1,100}$")


class ClientCredentials(_Part):
    """OAuth 2.0: an access token is fetched with the client's id and secret."""

    kind: Literal["client_credentials"]
    token_url: PartnerUrl
    scope: str | None = None
    as_json: bool = False


Authentication = Annotated[
    NoAuthentication | Bearer | Basic | InHeader | InQuery | ClientCredentials,
    Field(discriminator="kind"),
    BeforeValidator(_of_kind),
]


class BodyFormat(StrEnum):
    """How mapped rows become bytes."""

    JSON = "json"
    TEXT = "text"
    NONE = "none"


class BodyDefinition(_Part):
    """What is sent for each row; text of several rows stands on a line each."""

    format: BodyFormat = BodyFormat.JSON
    content_type: str = Field("application/json", pattern=r"^[\x21-\x7e](?:[\x20-\x7e]{0,198}[\x21-\x7e])?$")
    mapping: Any = None


class BatchDefinition(_Part):
    """Several rows in one request: a JSON array, alone or as `rows_in` of an envelope."""

    max_rows: int = Field(ge=2, le=100_000)
    max_age_seconds: float = Field(ge=0.1, le=3600)
    rows_in: str | None = Field(None, min_length=1, max_length=200)
    envelope: dict[str, Any] = {}


class AnswerRule(_Part):
    """What an answer means: the first rule that fits decides, and without any the status does."""

    status: Annotated[str | None, Number] = None
    pointer: str | None = Field(None, pattern=POINTER)
    equals: Annotated[tuple[str | int | float | bool | None, ...] | None, OneOrMore] = None
    verdict: Verdict
    code_at: str | None = Field(None, pattern=POINTER)
    retry_after_at: str | None = Field(None, pattern=POINTER)

    @field_validator("status")
    @classmethod
    def status_is_one(cls, status: str | None) -> str | None:
        """`404`, `400-499` or `4xx`."""
        if status is not None and STATUS.fullmatch(status) is None:
            raise ValueError("write a status, a range such as 400-499, or a class such as 4xx")
        return status

    @model_validator(mode="after")
    def rule_is_whole(self) -> "AnswerRule":
        """A rule looks at something, and gives a verdict that an answer alone can give."""
        if self.status is None and self.pointer is None:
            raise ValueError("a rule needs a status, a pointer, or both")
        if self.equals is not None and self.pointer is None:
            raise ValueError("`equals` needs a pointer")
        if self.verdict is Verdict.ACCEPTED_LATER:
            raise ValueError("a custom connector cannot wait for a job")
        return self

    def statuses(self) -> range:
        """The statuses that this rule is about."""
        found = STATUS.fullmatch(self.status or "")
        if found is None:
            return range(100, 600)
        if found["class"]:
            return range(int(found["class"]) * 100, int(found["class"]) * 100 + 100)
        return range(int(found["first"]), int(found["last"] or found["first"]) + 1)


class CheckDefinition(_Part):
    """The request behind "test connection"."""

    method: Method = Method.GET
    path: str = ""


class CustomDefinition(_Part):
    """A custom connector type. `format` is the version of this format; `revision` the admin's count of changes."""

    format: Literal[1] = FORMAT
    revision: int = Field(1, ge=1)
    key: str = Field(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$", max_length=60)
    label: str = Field(min_length=1, max_length=80)
    description: str = Field("", max_length=2000)
    documentation: Link | None = None
    method: Method = Method.POST
    removal_method: Method | None = None
    url: PartnerUrl
    path: Any = ""
    headers: dict[str, Any] = {}
    idempotency_header: str | None = Field("Idempotency-Key", pattern=HEADER_NAME.pattern)
    authentication: Authentication = NoAuthentication()
    body: BodyDefinition = BodyDefinition()
    batch: BatchDefinition | None = None
    on: Annotated[tuple[Change, ...], OneOrMore] = Field(tuple(Change), min_length=1)
    identifiers: Annotated[tuple[str, ...], OneOrMore] = ()
    partner_type: int = Field(FIRST_PARTNER_TYPE, ge=FIRST_PARTNER_TYPE)
    answers: tuple[AnswerRule, ...] = Field((), max_length=200)
    codes: dict[Annotated[str, Number], str] = {}
    check: CheckDefinition | None = None
    timeout_seconds: float = Field(3.0, ge=0.5, le=30)
    requests_per_second: float | None = Field(None, gt=0)

    @field_validator("identifiers")
    @classmethod
    def identifiers_are_canonical(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        """Only names that events use."""
        for name in names:
            if name not in IDENTIFIERS:
                raise ValueError(f"{name!r} is no identifier")
        return names


PROBLEMS = {
    "missing": "it is missing",
    "extra_forbidden": "there is no such part",
    "tuple_type": "it must be a list",
    "dict_type": "it must be an object of names and values",
    "model_type": "it must be an object of names and values",
    "model_attributes_type": "it must be an object of names and values",
    "string_type": "it must be text",
}
"""pydantic's errors that an admin would not understand, in words."""

FORMS = {
    "key": "write words of lower-case letters and digits with _ between them, such as acme_crm",
    "documentation": "write an address that begins with https://",
    **dict.fromkeys(("pointer", "code_at", "retry_after_at"), "write a JSON Pointer, such as /error/code"),
}
"""What a part that has a form of its own looks like."""


class _Loader(yaml.SafeLoader):
    """YAML with the values of JSON: a date is text, and only `true` and `false` are true and false, since `on` is the
    name of a part."""


_BOOL = "tag:yaml.org,2002:bool"
_NOT_JSON = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("timestamp", "binary", "set", "omap", "pairs"))

_Loader.yaml_constructors = {
    tag: construct for tag, construct in yaml.SafeLoader.yaml_constructors.items() if tag not in _NOT_JSON
}
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in {_BOOL, *_NOT_JSON}]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(_BOOL, re.compile(r"(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))


def read_definition(content: dict[str, Any]) -> CustomDefinition:
    """The definition; raises `InvalidDefinition` with the first place that does not hold."""
    try:
        definition = CustomDefinition.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise InvalidDefinition(_pointer(content, first["loc"]), _in_words(first)) from None
    mappings = (
        ("/path", definition.path),
        ("/headers", definition.headers),
        ("/body/mapping", definition.body.mapping),
    )
    for place, mapping in mappings:
        for found in check_mapping(mapping, ()):
            raise InvalidDefinition(f"{place}{found.pointer}", found.message)
    return definition


def load_definition(text: str) -> dict[str, Any]:
    """The content of a file, JSON or YAML without aliases; a date is text. Raises `InvalidDefinition`."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_FILE:
        raise InvalidDefinition("", f"it has more than {MAX_FILE} bytes")
    try:
        # An alias lets a small file stand for a huge value.
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, _Loader)):
            raise InvalidDefinition("", "it holds a YAML alias; write the value out")
        content = yaml.load(text, _Loader)  # a safe loader
    except yaml.constructor.ConstructorError as error:
        raise InvalidDefinition("", "it holds something that JSON does not have; write it as text") from error
    except (yaml.YAMLError, RecursionError, ValueError, LookupError) as error:
        raise InvalidDefinition("", "it is neither JSON nor YAML") from error
    if not isinstance(content, dict):
        raise InvalidDefinition("", "it must be an object")
    return content


def dump_definition(definition: CustomDefinition) -> str:
    """The file: YAML that `load_definition` reads back, without what is default."""
    content = {"format": FORMAT, **definition.model_dump(mode="json", exclude_defaults=True)}
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110)


def _in_words(error: Any) -> str:
    is_form = error["type"] == "string_pattern_mismatch"
    known = FORMS.get(str(error["loc"][-1])) if is_form and error["loc"] else PROBLEMS.get(error["type"])
    said: str = known or error["msg"]
    return said.removeprefix("Value error, ").removesuffix(".")


def _pointer(content: Any, place: tuple[int | str, ...]) -> str:
    """The place as a JSON Pointer; the names of alternatives, which pydantic puts between, are left out."""
    pointer = ""
    for number, part in enumerate(place):
        inside = content.get(part) if isinstance(content, dict) else None
        if isinstance(content, (list, tuple)) and isinstance(part, int) and part < len(content):
            inside = content[part]
        if inside is None and number < len(place) - 1 and not (isinstance(content, dict) and part in content):
            continue
        pointer, content = f"{pointer}/{part}", inside
    return pointer
