"""What a Braze connector asks for: the REST endpoint and its keys, and what stands for an audience at Braze."""

from typing import Any, ClassVar

from pydantic import field_validator, model_validator

from connectors.kit.declaration import ActionFields, Secret, SettingsModel, mapped, setting
from connectors.kit.partner_url import PartnerUrl
from connectors.kit.usual_fields import identifier

IDENTITY = frozenset({"external_id", "braze_id", "user_alias", "email", "phone", "_update_existing_only"})


class BrazeSettings(SettingsModel):
    """Access to a Braze workspace: a REST key for attributes, partner keys for cohorts."""

    host_fields: ClassVar[tuple[str, ...]] = ("api_url",)

    api_url: PartnerUrl = setting(
        "REST endpoint",
        "Braze → Settings → APIs and identifiers: the REST endpoint of your instance.",
        example="https://rest.fra-01.braze.eu",
    )
    api_key: Secret | None = setting(
        "REST API key",
        "Braze → Settings → APIs and identifiers → API keys. It needs users.track, and users.track.bulk for the bulk"
        " action.",
        default=None,
        min_length=1,
    )
    partner_name: str | None = setting(
        "Partner name",
        "For cohorts only: the name that Braze has agreed on with you as a data partner.",
        default=None,
        pattern=r"^[A-Za-z0-9_-]{1,100}$",
    )
    partner_api_key: Secret | None = setting(
        "Partner API key", "For cohorts only: the key that Braze gave you as a data partner.", default=None
    )
    data_import_key: Secret | None = setting(
        "Data import key",
        "For cohorts only: Braze → Partner integrations → Technology partners → the partner → Data import key.",
        default=None,
    )

    @model_validator(mode="after")
    def access_is_whole(self) -> "BrazeSettings":
        """There is a REST key, or everything that cohorts need."""
        cohorts = (self.partner_name, self.partner_api_key, self.data_import_key)
        if any(cohorts) != all(cohorts):
            raise ValueError("Cohorts need the partner name, the partner API key and the data import key.")
        if not self.api_key and not all(cohorts):
            raise ValueError("Give the REST API key, or the three settings for cohorts.")
        return self


class SyncAttributeFields(ActionFields):
    """The attribute that is true for people in the audience, and who a person is at Braze."""

    target_field: ClassVar[str | None] = "attribute"

    attribute: str = setting(
        "Attribute",
        "The custom attribute that is true while a person is in the audience, and false afterwards.",
        example="in_lovers_of_poetry",
        min_length=1,
        max_length=255,
    )
    only_existing: bool = setting(
        "Only people whom Braze knows",
        "Do not create people: those whom Braze does not know are left out.",
        default=False,
    )
    external_id: Any = mapped("External ID", "The person's external_id at Braze.", mapping=identifier("external_id"))
    braze_id: Any = mapped("Braze ID", "Used for people without an external ID.", mapping=identifier("braze_id"))
    attributes: Any = mapped("More attributes", "Attributes that are set along with it, by name.", mapping={})

    @field_validator("attribute")
    @classmethod
    def attribute_is_free(cls, name: str) -> str:
        """An attribute of one's own, and none that says who the person is."""
        if name in IDENTITY or name.startswith("$"):
            raise ValueError("This name is Braze's own; choose another.")
        return name


class SyncCohortFields(ActionFields):
    """The cohort that mirrors the audience, and who a person is at Braze."""

    target_field: ClassVar[str | None] = "cohort_id"

    cohort_id: str = setting(
        "Cohort ID", "An id of your own for the cohort.", example="aud_ada", pattern=r"^[\x21-\x7e]{1,100}$"
    )
    cohort_name: str = setting(
        "Cohort name", "The name under which Braze shows it.", example="Lovers of poetry", min_length=1, max_length=255
    )
    user_id: Any = mapped("User ID", "The person's external_id at Braze.", mapping=identifier("external_id"))
    device_id: Any = mapped("Device ID", "Used for people without a user ID.", mapping=identifier("device_id"))
