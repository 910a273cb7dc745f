"""Everything that Google connectors send is what Google's discovery documents describe."""

import json

import pytest
from msgspec.structs import replace

from connectors.catalog import CATALOG
from connectors.kit.cases import TOKEN, Source, case_folder, load_cases, prepare_case, request_of
from tests.connectors.google_discovery import request_problems, schema_problems

DOCUMENTS = {
    "datamanager.googleapis.com": "datamanager.v1",
    "displayvideo.googleapis.com": "displayvideo.v4",
    "dfareporting.googleapis.com": "dfareporting.v5",
}
TYPES = {type_.key: type_ for type_ in CATALOG if type_.key in ("cm360", "dv360", "google_ads_customer_match")}
CASES = [
    (type_, case) for type_ in TYPES.values() for case in load_cases(case_folder(type_.key)) if case.action != TOKEN
]
SENT = [(type_, case) for type_, case in CASES if case.sends]


def document_of(request):
    return DOCUMENTS[request.url.split("/")[2]]


@pytest.mark.parametrize(("type_", "case"), SENT, ids=[f"{type_.key}/{case.file.stem}" for type_, case in SENT])
def test_a_request_is_one_that_google_describes(type_, case):
    request = request_of(prepare_case(type_, case))
    assert request_problems(request, document_of(request)) == []


RESPONSES = {
    "audienceMembers:ingest": ("IngestAudienceMembersResponse", "datamanager.v1"),
    "audienceMembers:remove": ("RemoveAudienceMembersResponse", "datamanager.v1"),
    "requestStatus:retrieve": ("RetrieveRequestStatusResponse", "datamanager.v1"),
    ":editCustomerMatchMembers": ("EditCustomerMatchMembersResponse", "displayvideo.v4"),
    "conversions/batchinsert": ("ConversionsBatchInsertResponse", "dfareporting.v5"),
}


@pytest.mark.parametrize(("type_", "case"), SENT, ids=[f"{type_.key}/{case.file.stem}" for type_, case in SENT])
def test_a_good_answer_that_was_written_down_is_one_that_google_describes(type_, case):
    assert case.answers_from is Source.DOCUMENTATION
    schemas = [schema for end, schema in RESPONSES.items() if end in case.sends.url]
    for answer in case.answers:
        if schemas and 200 <= answer.status < 300 and answer.json is not None:
            assert schema_problems(answer.json, *schemas[0]) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"audienceMember": []}, "audienceMember is unknown"),
        ({"encoding": "hex"}, "encoding is 'hex'"),
        ({"validateOnly": "true"}, "validateOnly is 'true'"),
        ({"destinations": {}}, "destinations is {}"),
        ({"audienceMembers": [{"userData": {"userIdentifiers": [{"addressInfo": {}}]}}]}, "addressInfo is unknown"),
    ],
)
def test_a_body_that_google_does_not_describe_is_noticed(change, problem):
    type_, case = next((type_, case) for type_, case in SENT if "audienceMembers:ingest" in case.sends.url)
    request = request_of(prepare_case(type_, case))
    wrong = replace(request, body=json.dumps({**json.loads(request.body), **change}).encode())
    assert any(problem in found for found in request_problems(wrong, document_of(request)))


def test_a_path_and_a_query_that_google_does_not_describe_are_noticed():
    type_, case = next((type_, case) for type_, case in SENT if "requestStatus:retrieve" in case.sends.url)
    request = request_of(prepare_case(type_, case))
    assert request_problems(replace(request, url=f"{request.url}&limit=1"), "datamanager.v1") == ["?limit"]
    assert request_problems(replace(request, method="POST"), "datamanager.v1")
    assert request_problems(replace(request, body=b"{}"), "datamanager.v1")
