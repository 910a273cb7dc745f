"""`patchbay secrets rotate`: seals every stored secret anew, straight in the database, for all workspaces."""

import asyncio
import os

from connectors.kit.errors import InvalidSettings
from connectors.kit.program_settings import SecretsSettings, load_settings
from control_plane.database.engine import DatabaseUnavailable, open_database
from control_plane.publishing.key_rotation import Rotated, rotate_secrets
from control_plane.settings import ControlPlaneSettings
from deploy.errors import CannotRun
from deploy.local.folder import DEFAULT_FOLDER, StackFolder


def rotate(folder: StackFolder | None = None) -> Rotated:
    """With the settings of the control plane, or those of the local stack; raises `CannotRun`, `InvalidSettings`."""
    settings = load_settings(ControlPlaneSettings)
    if not settings.secrets.keys and "PATCHBAY_SECRETS__KEYS" not in os.environ:
        settings = _with_local_ring(settings, folder or StackFolder(DEFAULT_FOLDER))
    if not settings.secrets.keys:
        raise InvalidSettings("No key ring; set PATCHBAY_SECRETS__KEYS, the newest key first.")
    return asyncio.run(_rotate(settings))


def _with_local_ring(settings: ControlPlaneSettings, folder: StackFolder) -> ControlPlaneSettings:
    if not (folder.path / "keys").exists():
        return settings
    ring = SecretsSettings.model_validate({"keys": folder.key_ring()})
    return settings.model_copy(update={"secrets": ring})


async def _rotate(settings: ControlPlaneSettings) -> Rotated:
    database = open_database(settings.database)
    try:
        async with database.transaction(write=True) as session:
            return await rotate_secrets(session, settings.secrets.plain())
    except DatabaseUnavailable as error:
        raise CannotRun(f"The database does not answer: {error}") from error
    finally:
        await database.close()
