"""What a connector to an object store asks for."""

from enum import StrEnum
from typing import Any, ClassVar

from pydantic import field_validator

from connectors.kit.declaration import ActionFields, Secret, SettingsModel, mapped, setting
from connectors.kit.partner_url import PartnerUrl

NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{1,62}$"


class ObjectStorageSettings(SettingsModel):
    """A bucket, and the key that may write to it."""

    host_fields: ClassVar[tuple[str, ...]] = ("endpoint",)

    endpoint: PartnerUrl = setting(
        "Endpoint",
        "The address of the store, S3-compatible: AWS, Google (HMAC keys), Cloudflare R2, MinIO and others.",
        example="https://s3.eu-central-1.amazonaws.com",
    )
    bucket: str | None = setting(
        "Bucket",
        "Left empty where the endpoint's host names the bucket.",
        default=None,
        example="acme-audiences",
        pattern=NAME,
    )
    region: str = setting(
        "Region",
        "The region of the bucket, as AWS names it; stores without regions take us-east-1 or auto.",
        default="us-east-1",
        pattern=r"^[a-z0-9-]{1,40}$",
    )
    access_key_id: str = setting(
        "Access key ID", "Of a user who may put objects under the prefix.", pattern=r"^[\x21-\x7e]{1,128}$"
    )
    secret_access_key: Secret = setting("Secret access key", "Shown once, when the access key is made.")
    session_token: Secret | None = setting(
        "Session token", "Only with temporary credentials; they end when it does.", default=None
    )

    @field_validator("secret_access_key", "session_token")
    @classmethod
    def is_visible_ascii(cls, secret: Secret | None) -> Secret | None:
        """Keys and tokens are visible ASCII."""
        text = "" if secret is None else secret.get_secret_value()
        if not text.isascii() or any(not "!" <= sign <= "~" for sign in text):
            raise ValueError("This holds a blank or a sign that no key has.")
        return secret


class FileFormat(StrEnum):
    """How rows become a file."""

    CSV = "csv"
    NDJSON = "ndjson"


class WriteFileFields(ActionFields):
    """Where the files go, and what stands in them."""

    target_field: ClassVar[str | None] = "prefix"

    prefix: str = setting(
        "Prefix",
        "The folder of the files; below it each day has its own.",
        example="audiences/vip",
        pattern=r"^[A-Za-z0-9!_.*'()-]+(/[A-Za-z0-9!_.*'()-]+)*$",
        max_length=200,
    )
    file_format: FileFormat = setting(
        "Format",
        "CSV with a line of names, or NDJSON with one object per line. Both begin with profile_id, change and"
        " occurred_at.",
        default=FileFormat.CSV,
    )
    columns: Any = mapped(
        "Columns",
        "What else stands in each row, by name.",
        mapping={
            "email": "{{ profile.identifiers.email | default: nil }}",
            "phone": "{{ profile.identifiers.phone | default: nil }}",
            "external_id": "{{ profile.identifiers.external_id | default: nil }}",
        },
    )
