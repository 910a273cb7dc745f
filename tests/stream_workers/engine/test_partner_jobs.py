"""Partners that need several requests, through the real engine: each delivery ends as the partner finally says."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
import pytest

from connectors.catalog.clang.declaration import CONNECTOR as CLANG
from connectors.catalog.salesforce_marketing_cloud.declaration import CONNECTOR as SALESFORCE
from connectors.catalog.xandr.declaration import CONNECTOR as XANDR
from connectors.kit.exchange import Answer, PartnerRequest, PartnerResponse, TransportError, TransportErrorKind
from connectors.kit.registry import Registry
from connectors.records.profile_event import Change
from stream_workers.core.live_config import live_connector
from tests.support.builders import action, activation, audience, connector, membership
from tests.support.engine import Bench, FakePartner

UPLOAD_URL = "https://data-api-gslb.adnxs.net/segment-upload/JFY8"


@dataclass
class ScriptedPartner(FakePartner):
    """Answers by path; keeps what was asked as `METHOD path` and the bodies as they came."""

    script: Callable[[str, PartnerRequest], Answer] = lambda *_: PartnerResponse(500)
    asked: list[str] = field(default_factory=list)

    async def send(self, request, *, connector_id, timeout_seconds, still_wanted=None):
        call = f"{request.method} /{request.url.split('/', 3)[3].partition('?')[0]}"
        self.asked.append(call)
        return self.script(call, request)


def answer(content, status=200):
    return PartnerResponse(status, {}, msgspec.json.encode(content))


def bench_for(type_, action_type, settings, secrets, fields, script):
    bench = Bench()
    bench.partner = ScriptedPartner(script=script)
    bench.engine = bench._build()
    bench._live = lambda record: live_connector(record, Registry([type_]), lambda _id, _field, sealed: sealed)
    configured = action(type=action_type, fields=fields)
    bench.publish(
        connector(configured, type=type_.key, settings=settings, secrets=secrets), audience(activation("act_1"))
    )
    bench.own(0)
    return bench


async def finish(bench, count):
    """Time passes until every delivery has its outcome."""
    deadline = asyncio.get_running_loop().time() + 10
    while len(bench.outcomes()) < count:
        assert asyncio.get_running_loop().time() < deadline, bench.partner.asked
        await bench.pass_time(20)
        await asyncio.sleep(0.001)
    await bench.engine.stop()
    return {profile: (outcome, reason) for profile, outcome, reason in bench.outcomes()}


async def test_marketing_cloud_tells_each_row_its_own_end_over_pages_of_results():
    def partner(call, request):
        if call == "POST /v2/token":
            return answer({"access_token": "t0ken", "expires_in": 1079})
        if call.endswith("/rows"):
            return answer({"requestId": "r-1", "resultMessages": []}, 202)
        if call.endswith("/status"):
            status = {"requestStatus": "Complete", "resultStatus": "Has Errors", "hasErrors": True}
            return answer({"status": status})
        page = int(request.url.partition("?page=")[2])
        items = [{"status": "OK"}, {"status": "Error", "errorCode": "UnexpectedError"}] * 3
        return answer({"page": page, "pageSize": 2, "count": 5, "items": items[(page - 1) * 2 : min(page * 2, 5)]})

    settings = {"subdomain": "mc-ada", "client_id": "a-client"}
    secrets = {"client_secret": "secret"}
    bench = bench_for(SALESFORCE, "sync_data_extension", settings, secrets, {"data_extension": "ada"}, partner)
    bench.feed(*(membership(f"p-{number}", identifiers={"contact_key": str(number)}) for number in range(5)))
    await bench.settle()
    ends = await finish(bench, 5)
    assert ends == {
        f"p-{number}": ("partner_error", "rejected") if number % 2 else ("sent", None) for number in range(5)
    }
    assert [call.rpartition("/")[2] for call in bench.partner.asked] == [
        *("token", "rows", "status", "results", "results", "results")
    ]


async def test_xandr_takes_a_file_and_names_the_lines_that_it_refused():
    polls = iter(("validating", "processing"))

    def partner(call, request):
        match call:
            case "POST /auth":
                return answer({"response": {"status": "OK", "token": "t0ken"}})
            case "POST /batch-segment":
                job = {"job_id": "JFY8", "upload_url": UPLOAD_URL}
                return answer({"response": {"status": "OK", "batch_segment_upload_job": job}})
            case "POST /segment-upload/JFY8":
                assert request.body == b"101,10000:-1\n102,10000:-1"
                return answer({"response": {"status": "OK", "segment_upload": {"job_id": "JFY8"}}})
        job = {"phase": next(polls, "completed"), "num_valid": 1, "num_invalid_user": 1}
        job["error_log_lines"] = "\n\nnum_invalid_user-102,10000:-1"
        return answer({"response": {"status": "OK", "batch_segment_upload_job": job}})

    settings = {"username": "ada-api", "member_id": "456"}
    bench = bench_for(XANDR, "sync_segment", settings, {"password": "secret"}, {"segment_id": "10000"}, partner)
    bench.feed(
        membership("p-1", Change.LEFT, identifiers={"xandr_id": "101"}),
        membership("p-2", Change.LEFT, identifiers={"xandr_id": "102"}),
        membership("p-3", Change.LEFT, identifiers={"idfa": "none"}),
    )
    await bench.settle()
    ends = await finish(bench, 3)
    assert ends == {
        "p-1": ("removed", None),
        "p-2": ("partner_error", "rejected"),
        "p-3": ("skipped", "no_identifier"),
    }
    polled = ["GET /batch-segment"] * 3
    assert bench.partner.asked == ["POST /auth", "POST /batch-segment", "POST /segment-upload/JFY8", *polled]


async def test_xandr_has_another_job_for_a_file_whose_upload_was_not_answered():
    jobs = iter(("JFY8", "KGZ9"))
    uploads = []

    def partner(call, request):
        if call == "POST /auth":
            return answer({"response": {"status": "OK", "token": "t0ken"}})
        if call == "POST /batch-segment":
            job_id = next(jobs)
            job = {"job_id": job_id, "upload_url": f"https://data-api-gslb.adnxs.net/segment-upload/{job_id}"}
            return answer({"response": {"status": "OK", "batch_segment_upload_job": job}})
        if call.startswith("POST /segment-upload/"):
            uploads.append(call)
            if len(uploads) == 1:
                return TransportError(TransportErrorKind.TIMEOUT, "no answer within 30 s")
            return answer({"response": {"status": "OK", "segment_upload": {"job_id": "KGZ9"}}})
        assert request.url.endswith("&job_id=KGZ9")
        return answer(
            {"response": {"status": "OK", "batch_segment_upload_job": {"phase": "completed", "num_valid": 1}}}
        )

    settings = {"username": "ada-api", "member_id": "456"}
    bench = bench_for(XANDR, "sync_segment", settings, {"password": "secret"}, {"segment_id": "10000"}, partner)
    bench.feed(membership("p-1", identifiers={"xandr_id": "101"}))
    await bench.settle()
    assert await finish(bench, 1) == {"p-1": ("sent", None)}
    assert uploads == ["POST /segment-upload/JFY8", "POST /segment-upload/KGZ9"]


async def test_clang_is_asked_again_for_a_customer_whose_creation_was_not_answered():
    called = []

    def partner(_call, request):
        called.append(request.body.decode().partition("<soap:Body><")[2].partition(">")[0])
        if called[-1] == "customer_insert":
            return TransportError(TransportErrorKind.TIMEOUT, "no answer within 3 s")
        message = "<id>7</id>" if "customer_insert" in called else ""
        return PartnerResponse(200, {}, f"<r><code>0</code><msg>{message}</msg></r>".encode())

    bench = bench_for(CLANG, "sync_group", {}, {"token": "secret-token"}, {"group_id": "60"}, partner)
    bench.feed(membership("p-1", identifiers={"external_id": "crm-1"}))
    await bench.settle()
    assert await finish(bench, 1) == {"p-1": ("sent", None)}
    assert called == ["customer_getByExternalId", "customer_insert", "customer_getByExternalId", "group_addMember"]


@pytest.mark.parametrize(
    ("change", "found", "calls", "end"),
    [
        (Change.JOINED, "", ["customer_getByExternalId", "customer_insert", "group_addMember"], "sent"),
        (Change.JOINED, "<id>7</id>", ["customer_getByExternalId", "group_addMember"], "sent"),
        (Change.LEFT, "<id>7</id>", ["customer_getByExternalId", "group_removeMember"], "removed"),
        (Change.LEFT, "", ["customer_getByExternalId"], "removed"),
    ],
)
async def test_clang_finds_the_customer_and_then_changes_the_group(change, found, calls, end):
    called = []

    def partner(_call, request):
        called.append(request.body.decode().partition("<soap:Body><")[2].partition(">")[0])
        message = found if called[-1] == "customer_getByExternalId" else "<id>7</id>"
        return PartnerResponse(200, {}, f"<r><code>0</code><msg>{message}</msg></r>".encode())

    bench = bench_for(CLANG, "sync_group", {}, {"token": "secret-token"}, {"group_id": "60"}, partner)
    bench.feed(membership("p-1", change, identifiers={"external_id": "crm-1"}))
    await bench.settle()
    assert await finish(bench, 1) == {"p-1": (end, None)}
    assert called == calls
