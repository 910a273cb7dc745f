"""What a tag-based connector asks for: the host that tags are loaded from, and each tag's address."""

from typing import ClassVar

from pydantic import field_validator

from connectors.kit.declaration import ActionFields, SettingsModel, setting
from connectors.kit.errors import InvalidSettings
from connectors.kit.tag_container import Fires, TagKind, check_macros
from connectors.kit.web_address import split_url


class TagSettings(SettingsModel):
    """Where the tags of this connector are loaded from."""

    host_fields: ClassVar[tuple[str, ...]] = ("host",)

    host: str = setting(
        "Host",
        "The partner's host, reached with https://. No tag of this connector is loaded from another one.",
        example="pixel.example.org",
    )

    @field_validator("host")
    @classmethod
    def host_is_one(cls, host: str) -> str:
        """A host and nothing else, in one spelling."""
        try:
            address = split_url(f"https://{host}")
        except InvalidSettings as error:
            raise ValueError(error.detail) from error
        if address.path != "/" or not host[-1:].isalnum():
            raise ValueError("This is the host alone, without a path.")
        return address.authority


class FireTagFields(ActionFields):
    """One tag."""

    kind: TagKind = setting(
        "Kind", "A pixel is an image that the browser asks for; a script is run by it.", default=TagKind.PIXEL
    )
    path: str = setting(
        "Path",
        "What stands behind the host. {profile_id}, {page_url} and {timestamp} are filled in the browser.",
        example="/collect?id={profile_id}&t={timestamp}",
        pattern=r"^/[\x21-\x22\x24-\x5b\x5d-\x7e]{0,2000}$",
    )
    fires: Fires = setting(
        "Fires",
        "On every page that a member sees, or once in each session of the browser.",
        default=Fires.EVERY_PAGE,
    )

    @field_validator("path")
    @classmethod
    def macros_are_known(cls, path: str) -> str:
        """Nothing stands in braces but what the container fills."""
        try:
            check_macros(path)
        except InvalidSettings as error:
            raise ValueError(error.detail) from error
        return path
