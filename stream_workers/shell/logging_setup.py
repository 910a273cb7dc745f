"""How the worker logs: one line per happening, JSON or text, and never the local variables of a traceback."""

import logging
import sys
from typing import Literal

import structlog

_FOREIGN = ("faust", "mode", "aiokafka", "asyncio", "aiohttp")


def configure_logging(level: str, form: Literal["json", "text"]) -> None:
    """Set up structlog and the foreign loggers; called once, at start. Local variables could hold secrets."""
    number = logging.getLevelNamesMapping()[level.upper()]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False))
            if form == "json"
            else structlog.processors.StackInfoRenderer(),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    for name in _FOREIGN:
        logging.getLogger(name).setLevel(max(number, logging.ERROR if name == "aiokafka" else logging.WARNING))
