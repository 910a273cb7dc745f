"""`patchbay export`, `plan` and `apply`: what each of them does, between the file, the API and the terminal."""

from collections.abc import Callable
from pathlib import Path

from deploy.config_as_code.applying import Applier
from deploy.config_as_code.document import Document, read, write
from deploy.config_as_code.planning import Plan, complete, describe, make_plan
from deploy.config_as_code.state import Api, State, read_state
from deploy.errors import CannotRun

Say = Callable[[str], None]
NOTHING_TO_DO = "Everything is as the file says."


def export(api: Api) -> str:
    """The whole configuration as text for a file."""
    return write(read_state(api).document)


def plan(api: Api, file: Path, say: Say, *, prune: bool) -> Plan:
    """Tell what `apply` would do; raises `CannotRun`."""
    made, _, _ = _planned(api, file, prune=prune)
    _tell(made, say)
    return made


def apply(api: Api, file: Path, say: Say, confirm: Callable[[], bool], *, prune: bool, replace_secrets: bool) -> None:
    """Tell, ask, and do it; raises `CannotRun` when something is still not as the file says."""
    made, wanted, state = _planned(api, file, prune=prune)
    _tell(made, say)
    if made.is_empty and not replace_secrets:
        return
    if not confirm():
        raise CannotRun("Nothing was changed.")
    Applier(api, state, say, replace_secrets=replace_secrets).apply(wanted, made)
    left, _, _ = _planned(api, file, prune=prune)
    if not left.is_empty:
        raise CannotRun("\n".join(["This is still not as the file says:", *describe(left)]))
    say("Done: everything is as the file says.")


def _planned(api: Api, file: Path, *, prune: bool) -> tuple[Plan, Document, State]:
    document, state = read(file), read_state(api)
    own = {f"custom:{key}" for key in document.custom_connector_types}
    for connector in document.connectors.values():
        if connector.type not in state.types and (connector.type not in own or connector.type in state.newest):
            state.types[connector.type] = api.call("GET", f"/v1/connector-types/{connector.type}")
    wanted = complete(document, state)
    return make_plan(wanted, state, prune=prune), wanted, state


def _tell(made: Plan, say: Say) -> None:
    for line in describe(made):
        say(line)
    if made.is_empty:
        say(NOTHING_TO_DO)
