"""What a Marketing Cloud connector asks for: the installed package's access, the data extension, and its columns."""

from functools import cached_property
from typing import Any, ClassVar

from connectors.kit.declaration import ActionFields, Secret, SettingsModel, mapped, setting
from connectors.kit.partner_url import PartnerUrl
from connectors.kit.usual_fields import identifier

COLUMN: dict[str, Any] = {"min_length": 1, "max_length": 50}


class MarketingCloudSettings(SettingsModel):
    """Access by the client credentials of an installed package (server-to-server)."""

    host_fields: ClassVar[tuple[str, ...]] = ("subdomain", "api_url", "auth_url")
    version: ClassVar[str] = "v1"

    subdomain: str = setting(
        "Subdomain",
        "Setup → Installed packages → your package → API integration: what stands before .rest.marketingcloudapis.com"
        " in the REST base URI.",
        example="mc563885gzs27c5t9-63k636ttgm",
        pattern=r"^[A-Za-z0-9-]+$",
        max_length=63,
    )
    client_id: str = setting("Client ID", "In the same place.", min_length=1)
    client_secret: Secret = setting("Client secret", "In the same place.", min_length=1)
    account_id: str | None = setting(
        "Account ID",
        "The MID of the business unit that owns the data extension; empty: the one of the package.",
        default=None,
        example="7281698",
        pattern=r"^[0-9]{1,20}$",
    )
    auth_url: PartnerUrl | None = setting("Sign-in address", "Where tokens are given; empty: its own.", default=None)
    api_url: PartnerUrl | None = setting("API address", "Where the REST API is; empty: its own.", default=None)

    @cached_property
    def token_url(self) -> str:
        """Where tokens are asked for."""
        return f"{self.auth_url or f'https://{self.subdomain}.auth.marketingcloudapis.com'}/v2/token"

    @cached_property
    def async_url(self) -> str:
        """What every call of the asynchronous data extension API begins with."""
        return f"{self.api_url or f'https://{self.subdomain}.rest.marketingcloudapis.com'}/data/{self.version}/async"


class SyncDataExtensionFields(ActionFields):
    """One data extension, and the columns of a person's row."""

    target_field: ClassVar[str | None] = "data_extension"

    data_extension: str = setting(
        "External key",
        "Contact Builder → Data extensions → the data extension → Properties: its external key.",
        example="lovers-of-poetry",
        min_length=1,
        max_length=200,
    )
    key_column: str = setting(
        "Key column", "The column that is the data extension's primary key.", default="ContactKey", **COLUMN
    )
    membership_column: str = setting(
        "Membership column",
        "A boolean column: true while a person is in the audience, false afterwards. Rows are never deleted.",
        default="InAudience",
        **COLUMN,
    )
    row_id: Any = mapped("Key", "The key column's value.", mapping=identifier("contact_key", "external_id", "email"))
    columns: Any = mapped("More columns", "Values of other columns, by column name.", mapping={})
