"""The address of a partner as a setting: the same for every event, so that nothing in an event can change the host."""

from typing import Annotated

from pydantic import AfterValidator

from connectors.kit.errors import InvalidSettings
from connectors.kit.mapping_check import has_liquid
from connectors.kit.web_address import split_url


def fixed_url(url: str) -> str:
    """The URL without a slash at its end; raises `ValueError` when it is not absolute or not the same for every event.

    Whether the address may be called is checked when it is connected to, and not here.
    """
    if has_liquid(url):
        raise ValueError("The URL is the same for every event; put {{ … }} into the action's fields.")
    try:
        split_url(url)
    except InvalidSettings as error:
        raise ValueError(error.detail) from error
    if "?" in url:
        raise ValueError("The URL ends before the ?.")
    return url.rstrip("/")


PartnerUrl = Annotated[str, AfterValidator(fixed_url)]
"""A setting's type: an absolute http or https URL without Liquid, query or fragment."""
