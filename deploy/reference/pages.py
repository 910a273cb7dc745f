"""Which reference is stale, and writing them anew."""

from collections.abc import Iterator
from pathlib import Path

from connectors.kit.program_settings import SecretsSettings
from connectors.kit.sealing import new_key
from control_plane.app import build_app
from control_plane.settings import ControlPlaneSettings
from deploy.reference.api_reference import api_reference
from deploy.reference.topic_reference import topic_reference

STALE = "Run `patchbay docs`, and commit what it writes."


def stale_references(folder: Path) -> list[str]:
    """The names of the files that are missing or differ."""
    return [name for name, text in _references() if not _is_current(folder / name, text)]


def write_references(folder: Path) -> list[str]:
    """Brings them up to date; returns what was written."""
    stale = stale_references(folder)
    for name, text in _references():
        if name in stale:
            (folder / name).write_text(text, encoding="utf-8")
    return stale


def _references() -> Iterator[tuple[str, str]]:
    # The application is built to be looked at: it connects to nothing.
    settings = ControlPlaneSettings(secrets=SecretsSettings.model_validate({"keys": new_key()}))
    yield "api.md", api_reference(build_app(settings).openapi())
    yield "asyncapi.yaml", topic_reference()


def _is_current(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text
