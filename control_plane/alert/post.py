"""Carries messages of alerts: as a signed webhook, or by e-mail."""

import asyncio
import json
import smtplib
import ssl
from datetime import datetime
from email.message import EmailMessage

from connectors.kit.errors import InvalidSettings
from connectors.kit.exchange import PartnerRequest, PartnerResponse
from connectors.kit.sealing import Sealer
from connectors.kit.standard_webhooks import sign, signing_key
from control_plane.alert.messages import Letter
from control_plane.alert.service import SECRET
from control_plane.partner_client import PartnerClient
from control_plane.settings import MailSettings

WEBHOOK_SECONDS = 3.0
_SAID = {"alert.started": "began", "alert.ended": "is over", "alert.test": "is being tested"}


class WorldwidePost:
    """The real one: addresses are judged when they are connected to; the mail server is the operator's choice."""

    def __init__(self, client: PartnerClient, sealer: Sealer, mail: MailSettings) -> None:
        self._client = client
        self._sealer = sealer
        self._mail = mail

    async def send(self, letter: Letter, now: datetime) -> str | None:
        """`None` when it was taken; otherwise why not."""
        if letter.channel["kind"] == "email":
            return await asyncio.to_thread(self._mail_it, letter)
        try:
            request = self._webhook(letter, now)
        except InvalidSettings as error:
            return error.detail
        answer = await self._client.send(request, WEBHOOK_SECONDS)
        if not isinstance(answer, PartnerResponse):
            return answer.detail
        return None if 200 <= answer.status < 300 else f"The receiver answered {answer.status}."

    def _webhook(self, letter: Letter, now: datetime) -> PartnerRequest:
        body = json.dumps(letter.body, ensure_ascii=False, separators=(",", ":")).encode()
        timestamp = int(now.timestamp())
        headers = [
            ("Content-Type", "application/json"),
            ("webhook-id", letter.id),
            ("webhook-timestamp", str(timestamp)),
        ]
        if letter.secret is not None:
            key = signing_key(self._sealer.open(letter.alert_id, SECRET, letter.secret))
            headers.append(("webhook-signature", sign([key], letter.id, timestamp, body)))
        return PartnerRequest("POST", letter.channel["url"], tuple(headers), body)

    def _mail_it(self, letter: Letter) -> str | None:
        settings = self._mail
        if not settings.host:
            return "No mail server is set up (PATCHBAY_MAIL__HOST)."
        try:
            with smtplib.SMTP(settings.host, settings.port, timeout=settings.seconds) as server:
                if settings.starttls:
                    server.starttls(context=ssl.create_default_context())
                if settings.username and settings.password is not None:
                    server.login(settings.username, settings.password.get_secret_value())
                server.send_message(_mail(letter, settings.sender))
        except (smtplib.SMTPException, OSError) as error:
            return f"The mail server did not take it: {type(error).__name__}."
        return None


def _mail(letter: Letter, sender: str) -> EmailMessage:
    body = letter.body
    said = _SAID[body["type"]]
    message = EmailMessage()
    # A line break in a name would begin another header.
    message["Subject"] = " ".join(f"{body['connector']['name']}: {body['alert']['name']} {said}".split())
    message["From"] = sender
    message["To"] = ", ".join(letter.channel["to"])
    message["Message-ID"] = f"<{letter.id}@patchbay.alerts>"
    message.set_content(
        f"{body['detail']}\n\nConnector: {body['connector']['name']} ({body['connector']['id'] or 'all'})\n"
        f"Alert: {body['alert']['name']} ({body['alert']['id']}), {said}\nWorkspace: {body['workspace']}\n"
        f"At: {body['at']}\n"
    )
    return message
