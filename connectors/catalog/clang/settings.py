"""What a Clang connector asks for: the API token, and the group or the batch call of an action."""

import re
from typing import Any, ClassVar

from pydantic import field_validator

from connectors.kit.declaration import ActionFields, Secret, SettingsModel, mapped, setting
from connectors.kit.partner_url import PartnerUrl
from connectors.kit.usual_fields import api_version, identifier

SOAP_VERSION = "1.22"


class ClangSettings(SettingsModel):
    """Access to a Clang account."""

    host_fields: ClassVar[tuple[str, ...]] = ("api_url",)

    token: Secret = setting(
        "API token", "From the support desk of your reseller; in newer Deployteq from an app of its app shop."
    )
    soap_version: str = api_version("SOAP API", SOAP_VERSION, r"^[0-9]{1,2}\.[0-9]{1,2}$")
    api_url: PartnerUrl = setting(
        "API address",
        "The address of your portal.",
        default="https://secure.myclang.com",
        example="https://contoso.myclang.com",
    )

    @field_validator("token")
    @classmethod
    def token_fits_a_query(cls, token: Secret) -> Secret:
        """A token goes into the query of a URL as it is."""
        if re.fullmatch(r"[A-Za-z0-9._~-]{8,200}", token.get_secret_value()) is None:
            raise ValueError("A token has 8 to 200 letters, digits or -._~.")
        return token


class SyncGroupFields(ActionFields):
    """One group, and how a customer is found."""

    target_field: ClassVar[str | None] = "group_id"

    group_id: str = setting(
        "Group ID", "The number of the group that mirrors the audience.", example="60", pattern=r"^[0-9]{1,18}$"
    )
    customer_id: Any = mapped(
        "Customer ID", "Clang's own number; with it no search is needed.", mapping=identifier("customer_id")
    )
    external_id: Any = mapped(
        "External ID", "Your id, searched for when there is no customer ID.", mapping=identifier("external_id")
    )
    email: Any = mapped("E-mail", "Searched for when there is no other id.", mapping=identifier("email"))


class SyncCustomersFields(ActionFields):
    """The batch call, and the fields of a customer in it."""

    path: str = setting(
        "Path",
        "The path of your batch call below the API address; your consultant at Clang knows it, or it is a data hook.",
        default="/app/api/rest/public/v2/customer",
        pattern=r"^/[A-Za-z0-9._~/-]{1,300}$",
    )
    rows_field: str = setting(
        "Rows field", "The field of the body that holds the rows.", default="customers", pattern=r"^[A-Za-z_]{1,50}$"
    )
    joined_status: str = setting("Status of those who join", "What their rows say.", default="NEW", max_length=50)
    left_status: str = setting("Status of those who leave", "What their rows say.", default="REMOVED", max_length=50)
    customer: Any = mapped(
        "Customer",
        "The fields of a row; what is null or empty is left out. For a hashed e-mail:"
        " {{ profile.identifiers.email | default: nil | normalize_email | sha256 }}.",
        mapping={
            "customerid": identifier("customer_id"),
            "externalid": identifier("external_id"),
            "emailaddress": "{{ profile.identifiers.email | default: nil | normalize_email }}",
        },
        required=True,
    )
    audience: Any = mapped("Audience", "What each row says of the audience.", mapping="{{ source.id | default: nil }}")
