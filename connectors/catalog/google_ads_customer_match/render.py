"""What is sent to Google Ads: the people of a batch to the Data Manager API, and the question how the job ended."""

from datetime import datetime

from connectors.catalog.google_ads_customer_match.settings import GoogleAdsSettings, SyncAudienceFields
from connectors.kit import google_data_manager
from connectors.kit.declaration import Batch, Row
from connectors.kit.exchange import PartnerRequest
from connectors.kit.google_customer_match import refuse_unknown
from connectors.records.delivery import Reason


def sync_audience(settings: GoogleAdsSettings, fields: SyncAudienceFields, batch: Batch) -> PartnerRequest:
    """Adds people to the list, or takes them off it."""
    return google_data_manager.change_members(settings.access, fields, batch)


def ask_result(settings: GoogleAdsSettings, _: SyncAudienceFields, batch: Batch) -> PartnerRequest:
    """Asks how the job ended."""
    return google_data_manager.ask_result(settings.access, batch)


def refuse(_: GoogleAdsSettings, fields: SyncAudienceFields, row: Row) -> Reason | None:
    """A person without data of the list's kind cannot be recognised."""
    return refuse_unknown(fields, row)


def check(settings: GoogleAdsSettings, _: datetime, access_token: str | None) -> PartnerRequest:
    """Asks for one list of the account."""
    return google_data_manager.list_audiences(settings.access, access_token)
