"""Settings and mapped fields that many connectors ask for, in the same words."""

from typing import Any

from connectors.kit.declaration import mapped, setting


def identifier(*names: str) -> str:
    """The default mapping that takes the first of these identifiers that a profile has, or nothing."""
    return _first("identifiers", names)


def attribute(*names: str) -> str:
    """The default mapping that takes the first of these attributes that a profile has, or nothing."""
    return _first("attributes", names)


def phone_region() -> Any:
    """The country that numbers without a country code are of."""
    return setting(
        "Country of phone numbers",
        "Two letters (NL). Numbers without a country code are read as numbers of this country; without it they are"
        " not used.",
        default=None,
        pattern=r"^[A-Za-z]{2}$",
    )


def hashed_email() -> Any:
    """The e-mail address, or its hash where the profile has only that."""
    return mapped("E-mail", "The person's e-mail address, or its SHA-256.", mapping=identifier("email", "email_sha256"))


def mobile_ad_id(description: str) -> Any:
    """The advertising id of the person's phone, of whichever kind it is."""
    return mapped("Mobile advertising ID", description, mapping=identifier("idfa", "aaid"))


def gateway_url(label: str, what: str, default: str) -> Any:
    """An address that is the partner's own, unless calls go through a gateway."""
    return setting(label, f"Where {what}; change it only for a gateway of your own.", default=default)


def api_version(api: str, default: str, pattern: str) -> Any:
    """The version of the partner's interface, for when a newer one has come out."""
    description = f"The version of the {api} that is called."
    return setting("API version", description, default=default, example=default, pattern=pattern)


def _first(kind: str, names: tuple[str, ...]) -> str:
    return f"{{{{ {' | default: '.join(f'profile.{kind}.{name}' for name in names)} | default: nil }}}}"
