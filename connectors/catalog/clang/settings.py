"""What a Clang connector asks for: the API token, and the group or the batch call of an action."""

import re
from typing import Any, ClassVar

from pydantic import field_validator

from connectors.kit.declaration import ActionFields, Secret, SettingsModel, mapped, setting
from connectors.kit.partner_url import PartnerUrl


class ClangSettings(SettingsModel):
    """Access to a Clang account."""

    host_fields: ClassVar[tuple[str, ...]] = ("api_url",)

    token: Secret = setting(
        "API token",
        "From the support desk of your reseller; in newer Deployteq from an app of its app shop.",
    )
    soap_version: str = setting(
        "SOAP version",
        "The version of the SOAP API that is called.",
        default="1.22",
        pattern=r"^[0-9]{1,2}\.[0-9]{1,2}$",
    )
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
        "Customer ID",
        "Clang's own number of the customer; with it no search is needed.",
        mapping="{{ profile.identifiers.customer_id | default: nil }}",
    )
    external_id: Any = mapped(
        "External ID",
        "Your id of the customer, searched for when there is no customer ID.",
        mapping="{{ profile.identifiers.external_id | default: nil }}",
    )
    email: Any = mapped(
        "E-mail",
        "Searched for when there is no other id, and given to customers that are created.",
        mapping="{{ profile.identifiers.email | default: nil }}",
    )


CUSTOMER: dict[str, Any] = {
    "customerid": "{{ profile.identifiers.customer_id | default: nil }}",
    "externalid": "{{ profile.identifiers.external_id | default: nil }}",
    "emailaddress": "{{ profile.identifiers.email | default: nil | normalize_email }}",
}


class SyncCustomersFields(ActionFields):
    """The batch call, and the fields of a customer in it."""

    path: str = setting(
        "Path",
        "The path of your batch call below the API address. Clang does not publish one: your consultant there knows it."
        " A data hook of Deployteq takes any form, at /app/api/rest/public/v2/project/datahook/data-receiver/… .",
        default="/app/api/rest/public/v2/customer",
        pattern=r"^/[A-Za-z0-9._~/-]{1,300}$",
    )
    rows_field: str = setting(
        "Rows field",
        "The field of the body that holds the customers.",
        default="customers",
        pattern=r"^[A-Za-z_]{1,50}$",
    )
    joined_status: str = setting(
        "Status of those who join", "What the row of a person who joins says.", default="NEW", max_length=50
    )
    left_status: str = setting(
        "Status of those who leave", "What the row of a person who leaves says.", default="REMOVED", max_length=50
    )
    customer: Any = mapped(
        "Customer",
        "The fields of a row; what is null or empty is left out. For a hashed e-mail:"
        " {{ profile.identifiers.email | default: nil | normalize_email | sha256 }}.",
        mapping=CUSTOMER,
        required=True,
    )
    audience: Any = mapped("Audience", "What each row says of the audience.", mapping="{{ source.id | default: nil }}")
