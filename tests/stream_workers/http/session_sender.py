"""The reference: the same exchange through aiohttp's ClientSession, to which the lean sender is compared."""

import asyncio
from types import TracebackType
from typing import Self

import aiohttp

from connectors.kit.exchange import Answer, PartnerRequest, PartnerResponse, TransportError, TransportErrorKind
from stream_workers.http.limits import MAX_ANSWER_BYTES


class SessionSender:
    """Plain and slow; it knows no address guard."""

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            connector=aiohttp.TCPConnector(limit=0),
            headers={"Accept-Encoding": "identity"},
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def send(self, request: PartnerRequest, *, connector_id: str, timeout_seconds: float) -> Answer:
        del connector_id
        try:
            async with (
                asyncio.timeout(timeout_seconds),
                self._session.request(
                    request.method, request.url, data=request.body, headers=request.headers, allow_redirects=False
                ) as response,
            ):
                body = await _at_most(response.content, MAX_ANSWER_BYTES + 1)
                headers = {name.lower(): ", ".join(response.headers.getall(name)) for name in response.headers}
                truncated = len(body) > MAX_ANSWER_BYTES
                return PartnerResponse(response.status, headers, body[:MAX_ANSWER_BYTES], truncated)
        except TimeoutError:
            return TransportError(TransportErrorKind.TIMEOUT, "")
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
            return TransportError(TransportErrorKind.CONNECTION_LOST, str(error))
        except aiohttp.ClientPayloadError as error:
            return TransportError(TransportErrorKind.CONNECTION_LOST, str(error))
        except (aiohttp.ClientResponseError, aiohttp.http.HttpProcessingError) as error:
            return TransportError(TransportErrorKind.ANSWER_UNREADABLE, str(error))


async def _at_most(stream: aiohttp.StreamReader, limit: int) -> bytes:
    content = b""
    while len(content) < limit:
        part = await stream.read(limit - len(content))
        if not part:
            break
        content += part
    return content
