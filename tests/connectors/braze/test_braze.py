"""People keep the identity that Braze knows, keys are listed wherever they stand, and odd answers end in a meaning."""

import msgspec
import pytest
from pydantic import ValidationError

from connectors.catalog.braze.declaration import CONNECTOR
from connectors.catalog.braze.settings import BrazeSettings, SyncAttributeFields, SyncCohortFields
from connectors.kit.classification import Verdict
from connectors.kit.declaration import JOINED, Batch, Row
from connectors.kit.errors import CannotRender, InvalidSettings
from connectors.kit.exchange import PartnerResponse
from tests.support.events import NOON

URL = "https://rest.fra-01.braze.eu"
COHORTS = {"partner_name": "patchbay", "partner_api_key": "partner-key", "data_import_key": "import-key"}
ATTRIBUTE, BULK, COHORT = CONNECTOR.actions
FIELDS = SyncAttributeFields(attribute="in_audience")


def batch(*mapped):
    rows = tuple(Row(f"dlv_{n}", f"p-{n}", JOINED, NOON, {}, one, f"e-{n}") for n, one in enumerate(mapped))
    return Batch(rows, JOINED, NOON, "bat_1")


def people(*mapped):
    request = BULK.render(BrazeSettings(api_url=URL, api_key="rest-key"), FIELDS, batch(*mapped))
    return msgspec.json.decode(request.body)["attributes"]


def test_a_mapped_attribute_cannot_change_who_the_person_is():
    attributes = {"external_id": "eve", "email": "eve@example.org", "in_audience": False, "city": "Zürich"}
    assert people({"external_id": 7, "attributes": attributes}) == [
        {"external_id": "7", "in_audience": True, "city": "Zürich"}
    ]


def test_a_full_batch_is_one_request():
    sent = people(*({"external_id": f"crm-{number}"} for number in range(BULK.batch.max_rows)))
    assert (len(sent), sent[999]["external_id"]) == (1000, "crm-999")


@pytest.mark.parametrize("mapped", [{"external_id": ["a"]}, {"external_id": "a", "attributes": "city"}])
def test_what_braze_cannot_take_is_not_rendered(mapped):
    with pytest.raises(CannotRender):
        people(mapped)


def test_an_action_without_its_keys_names_them():
    cohorts = BrazeSettings(api_url=URL, **COHORTS)
    with pytest.raises(InvalidSettings, match="REST API key"):
        ATTRIBUTE.render(cohorts, FIELDS, batch({"external_id": "a"}))
    with pytest.raises(InvalidSettings, match="data import key"):
        COHORT.render(
            BrazeSettings(api_url=URL, api_key="rest-key"), SyncCohortFields(cohort_id="a", cohort_name="A"), batch({})
        )
    assert CONNECTOR.check(cohorts, NOON, None) is None


@pytest.mark.parametrize(
    "settings",
    [
        {"api_url": URL},
        {"api_url": URL, "api_key": "k", "partner_name": "patchbay"},
        {"api_url": URL, **COHORTS, "partner_name": "../x"},
        {"api_key": "k"},
    ],
)
def test_settings_without_whole_access_are_refused(settings):
    with pytest.raises(ValidationError):
        BrazeSettings(**settings)


@pytest.mark.parametrize("name", ["external_id", "email", "$add", ""])
def test_an_attribute_that_is_brazes_own_is_refused(name):
    with pytest.raises(ValidationError):
        SyncAttributeFields(attribute=name)


@pytest.mark.parametrize(
    "errors", ["oops", ["a sentence"], [{"type": "X"}], [{"index": 9}], [{"index": 0, "input_array": "events"}]]
)
def test_errors_that_name_none_of_the_people_leave_them_accepted(errors):
    answer = PartnerResponse(201, {}, msgspec.json.encode({"message": "success", "errors": errors}))
    assert [one.verdict for one in ATTRIBUTE.classify(answer, batch({}, {}))] == [Verdict.ACCEPTED] * 2


def test_a_reset_long_ago_waits_a_second_and_one_far_away_an_hour():
    for reset, wait in (("1", 1.0), ("99999999999", 3600.0), ("soon", None)):
        (found,) = ATTRIBUTE.classify(PartnerResponse(429, {"x-ratelimit-reset": reset}), batch({}))
        assert (found.verdict, found.retry_after) == (Verdict.THROTTLED, wait)
