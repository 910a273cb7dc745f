"""SOAP 1.1 calls as document/literal: the envelope of a call, and the fault or the code inside an answer."""

import re
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from connectors.kit.errors import CannotRender
from connectors.kit.exchange import PartnerRequest

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
HEADERS = (("Content-Type", "text/xml; charset=utf-8"), ("SOAPAction", '""'))
MAX_TEXT = 500

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FAULT_CODE = re.compile(r"<(?:\w+:)?faultcode\b[^>]*>\s*([^<]{1,100}?)\s*</")
_FAULT_TEXT = re.compile(r"<(?:\w+:)?faultstring\b[^>]*>([^<]*)</")


def soap_request(
    url: str, namespace: str, method: str, arguments: Mapping[str, Any], secrets: tuple[str, ...] = ()
) -> PartnerRequest:
    """A call with its arguments, text or objects of text; raises `CannotRender` for text that XML cannot carry."""
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="{ENVELOPE}" xmlns="{namespace}">'
        f"<soap:Body><{method}>{_xml(arguments)}</{method}></soap:Body></soap:Envelope>"
    )
    return PartnerRequest("POST", url, HEADERS, body.encode(), secrets)


def soap_fault(answer: str) -> tuple[str, str] | None:
    """The code and the sentence of a fault, or `None` when the answer holds none."""
    code, sentence = _FAULT_CODE.search(answer), _FAULT_TEXT.search(answer)
    return None if code is None else (code[1], sentence[1] if sentence else "")


def soap_values(answer: str, name: str, pattern: str) -> list[str]:
    """The texts of all elements of this name, whatever their namespace, that match the pattern."""
    return re.findall(rf"<(?:\w+:)?{name}\b[^>]*>\s*({pattern})\s*</", answer)


def _xml(arguments: Mapping[str, Any]) -> str:
    parts = []
    for name, value in arguments.items():
        if isinstance(value, str) and (len(value) > MAX_TEXT or _NOT_IN_XML.search(value)):
            raise CannotRender(f"The {name} is longer than {MAX_TEXT} characters or holds one that XML cannot carry.")
        parts.append(f"<{name}>{escape(value) if isinstance(value, str) else _xml(value)}</{name}>")
    return "".join(parts)
