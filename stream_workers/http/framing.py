"""Reading the first answer out of bytes that hold more than one answer may."""

import asyncio

from stream_workers.http.aiohttp_internals import AnswerBody, AnswerHead, Unparsable, answer_parser

NO_BODY = (204, 304)


def first_answer(loop: asyncio.AbstractEventLoop, data: bytes) -> tuple[AnswerHead, AnswerBody] | None:
    """The answer at the beginning of `data` when it is complete by its own length, whatever comes behind it."""
    head_end = data.find(b"\r\n\r\n") + 4
    if head_end < 4:
        return None
    parser = answer_parser(loop, True)
    try:
        messages, _, _ = parser.feed_data(data[:head_end])
        if len(messages) != 1:
            return None
        head, body = messages[0]
        if head.code < 200:
            return None
        if head.code in NO_BODY or body.is_eof():
            return head, body
        length = _content_length(head)
        parser.feed_data(data[head_end : head_end + length])
    except Unparsable:
        return None
    return (head, body) if body.is_eof() else None


def _content_length(head: AnswerHead) -> int:
    lengths = [value for name, value in head.headers.items() if name.lower() == "content-length"]
    return int(lengths[0]) if len(lengths) == 1 and lengths[0].isdecimal() else 0
