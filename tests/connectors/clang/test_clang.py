"""SOAP holds whatever a profile holds, the way into a group is walked to its end, and the token is always listed."""

from xml.etree import ElementTree

import pytest
from msgspec.structs import replace
from pydantic import ValidationError

from connectors.catalog.clang.declaration import CONNECTOR
from connectors.catalog.clang.settings import ClangSettings, SyncCustomersFields, SyncGroupFields
from connectors.kit.classification import Verdict
from connectors.kit.declaration import JOINED, LEFT, Batch, Row
from connectors.kit.errors import CannotRender
from connectors.kit.exchange import PartnerResponse
from connectors.records.delivery import Reason
from tests.support.events import NOON

TOKEN = "secret-token-1234"
SETTINGS = ClangSettings(token=TOKEN)
FIELDS = SyncGroupFields(group_id="60")
GROUP, CUSTOMERS = CONNECTOR.actions
NAMESPACE = "{https://secure.myclang.com/app/api/soap/public/index.php}"


def batch(change=JOINED, ticket=None, **mapped):
    return Batch((Row("dlv_1", "p-1", change, NOON, {}, mapped),), change, NOON, "dlv_1", ticket=ticket)


def call(request):
    """The called method and its arguments, read by an XML parser."""
    body = ElementTree.fromstring(request.body)[0]
    method = body[0]
    return method.tag.removeprefix(NAMESPACE), {
        one.tag.removeprefix(NAMESPACE): {part.tag.removeprefix(NAMESPACE): part.text for part in one} or one.text
        for one in method
    }


def answer(content, status=200):
    return PartnerResponse(status, {}, f"<r><code>0</code><msg>{content}</msg></r>".encode())


def walk(sent, answers):
    """The methods that are called until the person's end, with these answers."""
    methods = []
    for given in answers:
        render = GROUP.continue_ if sent.ticket else GROUP.render
        methods.append(call(render(SETTINGS, FIELDS, sent))[0])
        (found,) = GROUP.classify(given, sent)
        if found.verdict is not Verdict.ACCEPTED_LATER:
            return methods, found.verdict
        sent = replace(sent, ticket=found.ticket)
    raise AssertionError(methods)


@pytest.mark.parametrize(
    ("change", "mapped", "answers", "methods", "end"),
    [
        (
            JOINED,
            {"external_id": "crm-1"},
            ["<Customer><id>7</id></Customer>", "true"],
            ["customer_getByExternalId", "group_addMember"],
            Verdict.ACCEPTED,
        ),
        (
            JOINED,
            {"email": "ada@example.org"},
            ["", "<id>7</id>", "true"],
            ["customer_getByEmailAddress", "customer_insert", "group_addMember"],
            Verdict.ACCEPTED,
        ),
        (
            LEFT,
            {"external_id": "crm-1"},
            ["<Customer><id>7</id></Customer>", "true"],
            ["customer_getByExternalId", "group_removeMember"],
            Verdict.ACCEPTED,
        ),
        (LEFT, {"external_id": "crm-1"}, [""], ["customer_getByExternalId"], Verdict.ALREADY_DONE),
        (JOINED, {"customer_id": 14880}, ["true"], ["group_addMember"], Verdict.ACCEPTED),
    ],
)
def test_the_way_of_a_person_is_walked_to_its_end(change, mapped, answers, methods, end):
    assert walk(batch(change, **mapped), map(answer, answers)) == (methods, end)


def test_nobody_is_created_twice_because_an_answer_was_missing():
    (found,) = GROUP.classify(answer(""), batch(external_id="crm-1"))
    insertion = GROUP.continue_(SETTINGS, FIELDS, batch(ticket=found.ticket, external_id="crm-1"))
    assert call(insertion)[0] == "customer_insert"
    assert not GROUP.goes_on(found.ticket)
    assert GROUP.goes_on("14880")


def test_the_group_and_the_customer_that_was_found_are_named():
    assert call(GROUP.continue_(SETTINGS, FIELDS, batch(ticket="14880", external_id="x"))) == (
        "group_addMember",
        {"uuid": TOKEN, "group": {"id": "60"}, "customer": {"id": "14880"}},
    )


@pytest.mark.parametrize("value", ["Zoë 李雷 🚀", "\"'<>&]]></externalId>", "{{ 7 }}", "<!ENTITY a 'b'>&a;"])
def test_any_text_comes_back_out_of_the_xml(value):
    _, arguments = call(GROUP.render(SETTINGS, FIELDS, batch(external_id=value)))
    assert arguments == {"uuid": TOKEN, "externalId": value}


@pytest.mark.parametrize("value", ["a\x00b", "a\x1fb", "a\ufffeb", "x" * 5000])
def test_what_xml_cannot_carry_is_not_rendered(value):
    with pytest.raises(CannotRender):
        GROUP.render(SETTINGS, FIELDS, batch(external_id=value))


def test_the_token_is_listed_wherever_it_stands():
    for request in (
        GROUP.render(SETTINGS, FIELDS, batch(external_id="a")),
        CUSTOMERS.render(SETTINGS, SyncCustomersFields(), batch(customer={"externalid": "a"})),
        CONNECTOR.check(SETTINGS, NOON, None),
    ):
        assert TOKEN in request.url + request.body.decode()
        assert request.secrets == (TOKEN,)


@pytest.mark.parametrize("customer", [{}, {"externalid": None}, {"emailaddress": ""}])
def test_a_row_that_says_nobody_is_skipped(customer):
    row = batch(customer=customer).rows[0]
    assert CUSTOMERS.refuse(SETTINGS, SyncCustomersFields(), row) is Reason.NO_IDENTIFIER


@pytest.mark.parametrize("token", ["short", "a token with blanks", "token&admin=1", "token<uuid>", ""])
def test_a_token_that_could_be_more_than_a_token_is_refused_without_showing_it(token):
    with pytest.raises(ValidationError) as raised:
        ClangSettings(token=token)
    assert raised.value.errors()[0]["msg"].endswith("A token has 8 to 200 letters, digits or -._~.")


@pytest.mark.parametrize("path", ["no-slash", "/a?b", "/a b", "/a#b", "//" + "a" * 400])
def test_a_path_is_only_a_path(path):
    with pytest.raises(ValidationError):
        SyncCustomersFields(path=path)
