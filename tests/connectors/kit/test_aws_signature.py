"""Signatures are those of AWS's published examples.

S3: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html; the others are of AWS's test suite.
"""

from datetime import UTC, datetime

import pytest

from connectors.kit.aws_signature import Signer, encode_path, sign
from connectors.kit.exchange import PartnerRequest

S3 = Signer("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1")
S3_DAY = datetime(2013, 5, 24, tzinfo=UTC)
SUITE = Signer("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "us-east-1", "service")
SUITE_DAY = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
BUCKET = "https://examplebucket.s3.amazonaws.com"
VANILLA = "https://example.amazonaws.com/"


@pytest.mark.parametrize(
    ("request_", "signer", "at", "signature"),
    [
        (
            PartnerRequest("GET", f"{BUCKET}/test.txt", (("Range", "bytes=0-9"),)),
            *(S3, S3_DAY),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            PartnerRequest(
                "PUT",
                f"{BUCKET}{encode_path(['test$file.text'])}",
                (("Date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")),
                b"Welcome to Amazon S3.",
            ),
            *(S3, S3_DAY),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        ),
        (
            PartnerRequest("GET", f"{BUCKET}/?lifecycle"),
            *(S3, S3_DAY),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        ),
        (
            PartnerRequest("GET", f"{BUCKET}/?max-keys=2&prefix=J"),
            *(S3, S3_DAY),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
        (
            PartnerRequest("GET", VANILLA),
            *(SUITE, SUITE_DAY),
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        ),
        (
            PartnerRequest("GET", f"{VANILLA}?Param2=value2&Param1=value1"),
            *(SUITE, SUITE_DAY),
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ),
        (
            PartnerRequest("POST", VANILLA),
            *(SUITE, SUITE_DAY),
            "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
        ),
    ],
)
def test_a_signature_is_the_published_one(request_, signer, at, signature):
    headers = dict(sign(request_, signer, at).headers)
    assert headers["Authorization"].rpartition("Signature=")[2] == signature


def test_a_session_token_is_sent_and_signed():
    signer = Signer("A", "secret", "eu-central-1", session_token="t0ken")
    headers = dict(sign(PartnerRequest("PUT", f"{BUCKET}/a"), signer, S3_DAY).headers)
    assert headers["x-amz-security-token"] == "t0ken"
    assert "x-amz-security-token" in headers["Authorization"]


def test_the_secret_never_stands_in_a_request():
    assert S3.secret_access_key not in str(sign(PartnerRequest("GET", f"{BUCKET}/a"), S3, S3_DAY))


@pytest.mark.parametrize("change", [{"method": "POST"}, {"url": f"{BUCKET}/b"}, {"body": b"other"}])
def test_whatever_is_changed_changes_the_signature(change):
    plain = {"method": "PUT", "url": f"{BUCKET}/a", "body": b"text"}
    first, second = (sign(PartnerRequest(**fields), S3, S3_DAY).headers[-1] for fields in (plain, {**plain, **change}))
    assert first != second
