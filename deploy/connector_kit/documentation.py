"""The pages of docs/connectors, written from the declarations: an index, and one page per connector type."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from connectors.catalog import CATALOG
from connectors.kit.declaration import ConnectorType
from deploy.connector_kit.connector_page import GENERATED, connector_page, table

INDEX = "README.md"
BY_HAND = frozenset({"custom.md", "tags.md", "tutorial.md"})


@dataclass(frozen=True, slots=True)
class Page:
    """A file, and what it must hold; no text: the file must go."""

    name: str
    text: str | None


def stale_pages(folder: Path) -> list[Page]:
    """The pages that are missing, differ, or belong to no connector type."""
    wanted = {page.name: page for page in _pages(CATALOG)}
    left_over = [
        Page(path.name, None)
        for path in sorted(folder.glob("*.md"))
        if path.name not in wanted and path.name not in BY_HAND
    ]
    return [page for page in wanted.values() if _found(folder / page.name) != page.text] + left_over


def write_pages(folder: Path, pages: Iterable[Page]) -> None:
    """Brings the pages up to date."""
    folder.mkdir(parents=True, exist_ok=True)
    for page in pages:
        if page.text is None:
            (folder / page.name).unlink()
        else:
            (folder / page.name).write_text(page.text, encoding="utf-8")


def _found(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def _pages(types: Iterable[ConnectorType]) -> Iterator[Page]:
    listed = sorted(types, key=lambda type_: type_.label.casefold())
    yield Page(INDEX, _index(listed))
    for type_ in listed:
        yield Page(f"{type_.key}.md", connector_page(type_))


def _index(types: list[ConnectorType]) -> str:
    rows = [
        (
            f"[{type_.label}]({type_.key}.md)",
            ", ".join(action.label for action in type_.actions),
            str(type_.partner_type.number),
            ", ".join(f"`{name}`" for name in type_.partner_type.identifiers) or "any profile",
        )
        for type_ in types
    ]
    parts = [
        GENERATED,
        "# Connector types",
        "What Patchbay connects to. To make one of your own, follow the [tutorial](tutorial.md), or define a"
        " [custom connector](custom.md) without code. How pages load [tags](tags.md) has a page of its own.",
        table(("Connector type", "Actions", "Partner type", "Identifiers, in order"), rows),
    ]
    return "\n\n".join(parts) + "\n"
