"""What is sent to Google Ads: the people of a batch to the Data Manager API, and the question how the job ended."""

from datetime import datetime

from connectors.catalog.google_ads_customer_match.settings import GoogleAdsSettings, SyncAudienceFields
from connectors.kit import google_data_manager
from connectors.kit.declaration import Batch
from connectors.kit.exchange import PartnerRequest


def sync_audience(settings: GoogleAdsSettings, fields: SyncAudienceFields, batch: Batch) -> PartnerRequest:
    """Adds people to the list, or takes them off it."""
    return google_data_manager.change_members(settings.access, fields, batch)


def ask_result(settings: GoogleAdsSettings, _: SyncAudienceFields, batch: Batch) -> PartnerRequest:
    """Asks how the job ended."""
    return google_data_manager.ask_result(settings.access, batch)


def check(settings: GoogleAdsSettings, _: datetime, access_token: str | None) -> PartnerRequest:
    """Asks for one list of the account."""
    return google_data_manager.list_audiences(settings.access, access_token)
