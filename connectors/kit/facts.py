"""Facts of a connector type that stand beside its code in `facts.toml`: what it says of itself, its partner's codes."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import msgspec

from connectors.kit.code_table import CodeTable, PartnerCode
from connectors.kit.declaration import Summary
from connectors.kit.errors import InvalidSettings

FILE = "facts.toml"


@dataclass(frozen=True, slots=True)
class Facts:
    """What a file says."""

    summary: Summary
    codes: CodeTable
    error_documentation: str | None = None


class _Summary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    description: str
    requirements: tuple[str, ...] = ()
    resources: tuple[tuple[str, str], ...] = ()
    prerequisites: tuple[str, ...] = Summary("").prerequisites
    unverified: tuple[str, ...] = ()


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    summary: _Summary
    codes: dict[str, PartnerCode] = {}
    error_documentation: str | None = None


@cache
def read_facts(package: str) -> Facts:
    """The facts of a connector type's package (`__package__`), read once; raises `InvalidSettings` when they are none.

    Called when the type is imported: a type whose file does not hold cannot be loaded.
    """
    try:
        file = msgspec.toml.decode(files(package).joinpath(FILE).read_bytes(), type=_File)
    except (OSError, msgspec.MsgspecError) as error:
        raise InvalidSettings(f"{package}: {FILE} does not hold: {error}") from error
    summary = Summary(**msgspec.structs.asdict(file.summary))
    return Facts(summary, CodeTable(file.codes), file.error_documentation)
