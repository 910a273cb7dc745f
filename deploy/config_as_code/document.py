"""The file: what may stand in it, and its text. Objects are known by name; secrets are only referred to."""

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from deploy.errors import CannotRun

FORMAT: Literal[1] = 1
Variable = Annotated[str, StringConstraints(pattern="^[A-Za-z_][A-Za-z0-9_]*$")]


class Entry(BaseModel):
    """Anything in the file; what is misspelt is refused."""

    model_config = ConfigDict(extra="forbid")


class SecretReference(Entry):
    """The name of the environment variable that holds the secret when it is applied."""

    from_env: Variable


class ActionEntry(Entry):
    """An action of a connector; `name` only where the key is not the name."""

    name: str | None = None
    type: str
    fields: dict[str, Any] = {}
    mapping: dict[str, Any] = {}
    consent: list[str] = []
    active: bool = False


class ConnectorEntry(Entry):
    """A connector with its actions. `published`: apply publishes what is changed; otherwise it stays a draft."""

    name: str | None = None
    type: str
    settings: dict[str, Any] = {}
    secrets: dict[str, SecretReference] = {}
    identifiers: list[str] | None = None
    limits: dict[str, float | int] = {}
    labels: list[str] = []
    published: bool = True
    active: bool = False
    paused: bool = False
    actions: dict[str, ActionEntry] = {}


class ActivationEntry(Entry):
    """An action attached to a source, by the keys of its connector and of itself."""

    connector: str
    action: str
    on: list[str] | None = None
    step: str | None = None


class SourceEntry(Entry):
    """What audiences, journeys and event feeds share."""

    name: str | None = None
    published: bool = True
    activations: list[ActivationEntry] = []


class AudienceEntry(SourceEntry):
    """An audience; without `source_id` it keeps the one that it has."""

    source_id: str | None = None


class JourneyEntry(AudienceEntry):
    """A journey."""

    steps: list[dict[str, str]] = []


class EventFeedEntry(SourceEntry):
    """An event feed."""

    event_names: list[str]


class AlertEntry(Entry):
    """An alert, of one connector or of all."""

    name: str | None = None
    condition: dict[str, Any]
    channel: dict[str, Any]
    connector: str | None = None
    active: bool = True
    secret: SecretReference | None = None


class CustomTypeEntry(BaseModel):
    """A connector type without code: its definition, but for the key; the control plane says what may be in it."""

    model_config = ConfigDict(extra="allow")


class Document(Entry):
    """The whole file."""

    format: Literal[1] = FORMAT
    custom_connector_types: dict[str, CustomTypeEntry] = Field(default_factory=dict)
    connectors: dict[str, ConnectorEntry] = Field(default_factory=dict)
    audiences: dict[str, AudienceEntry] = Field(default_factory=dict)
    journeys: dict[str, JourneyEntry] = Field(default_factory=dict)
    event_feeds: dict[str, EventFeedEntry] = Field(default_factory=dict)
    alerts: dict[str, AlertEntry] = Field(default_factory=dict)


class _Dumper(yaml.SafeDumper):
    """Writes text of several lines as a block, so that templates can be read and compared line by line."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def write(document: Document) -> str:
    """The file's text; what has its default is left out."""
    shown = {"format": FORMAT, **document.model_dump(exclude_defaults=True)}
    return yaml.dump(shown, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


def read(path: Path) -> Document:
    """The file; raises `CannotRun`, which names every place that does not hold."""
    try:
        tree = yaml.safe_load(path.read_text("utf-8"))
        return Document.model_validate({} if tree is None else tree)
    except (OSError, UnicodeDecodeError) as error:
        raise CannotRun(f"{path} cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise CannotRun(f"{path} is not YAML: {error}") from error
    except ValidationError as error:
        places = (f"  {'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise CannotRun("\n".join([f"{path} does not hold:", *places])) from error
