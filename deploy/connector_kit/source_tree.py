"""Where the source of connector types is: only a checkout can take a new one, or pages of documentation."""

from dataclasses import dataclass
from pathlib import Path

import connectors
from deploy.errors import CannotRun


@dataclass(frozen=True, slots=True)
class SourceTree:
    """The folders of a checkout that the commands write to."""

    root: Path

    @property
    def catalogue(self) -> Path:
        """One folder per connector type."""
        return self.root / "connectors" / "catalog"

    @property
    def documentation(self) -> Path:
        """The generated pages."""
        return self.root / "docs" / "connectors"

    def cases(self, key: str) -> Path:
        """The recorded cases of a connector type."""
        return self.root / "tests" / "connectors" / key / "cases"


def this_source_tree() -> SourceTree:
    """The checkout that this program runs from; raises `CannotRun` when it was installed without one."""
    tree = SourceTree(Path(connectors.__file__).parents[1])
    if not (tree.root / "pyproject.toml").is_file() or not (tree.root / "tests" / "connectors").is_dir():
        raise CannotRun("This command works in a checkout of the source; clone it, and run `make setup`.")
    return tree
