"""How the control plane logs: structlog and the libraries' own loggers, one line per happening, JSON or text."""

import logging
import sys

import structlog

from connectors.kit.program_settings import ProgramSettings

QUIET = ("uvicorn.access", "sqlalchemy", "asyncio", "alembic")
SHARED: tuple[structlog.typing.Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


def configure_logging(settings: ProgramSettings) -> None:
    """Call once, before the program is built. Libraries speak up from warnings on; local variables are never shown."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=SHARED,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_last(settings.log_format)],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    structlog.configure(
        processors=[*SHARED, *_last(settings.log_format)],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
    )


def _last(log_format: str) -> tuple[structlog.typing.Processor, ...]:
    if log_format == "json":
        return structlog.processors.format_exc_info, structlog.processors.JSONRenderer()
    return (
        structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty(), exception_formatter=structlog.dev.plain_traceback),
    )
