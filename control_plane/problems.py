"""From exceptions to problem answers: ours, FastAPI's and the database's."""

from collections.abc import Iterable, Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException

from control_plane.database.engine import DatabaseUnavailable
from control_plane.errors import ApiError, ChangedMeanwhile, Fault, InvalidInput, Problem, Unavailable

log = structlog.get_logger(__name__)

_TITLES = {
    404: ("Not found", "not_found"),
    405: ("Method not allowed", "method_not_allowed"),
    413: ("Too large", "too_large"),
}


def install_problems(app: FastAPI) -> None:
    """Make every error of this app a problem."""
    app.add_exception_handler(ApiError, _own)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _foreign)
    app.add_exception_handler(StaleDataError, _overtaken)
    app.add_exception_handler(DatabaseUnavailable, _without_database)
    app.add_exception_handler(Exception, _unknown)


def faults_of(errors: Iterable[Any], prefix: str = "") -> tuple[Fault, ...]:
    """Pydantic's errors as faults; the values themselves are never repeated, since one of them may be a secret."""
    return tuple(
        Fault(pointer=prefix + pointer(error["loc"]), code=error["type"], detail=error["msg"]) for error in errors
    )


def pointer(path: Sequence[object]) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def answer(request: Request, error: ApiError) -> JSONResponse:
    """The problem that tells of this error."""
    problem = Problem(
        title=error.title,
        status=error.status,
        detail=error.detail,
        instance=request.url.path,
        code=error.code,
        trace_id=getattr(request.state, "trace_id", ""),
        errors=list(error.faults),
    )
    content = problem.model_dump(mode="json", exclude_none=True) | error.more
    return JSONResponse(content, error.status, error.headers, media_type="application/problem+json")


async def _own(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ApiError)
    return answer(request, error)


async def _malformed(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    faults = []
    for item in error.errors():
        where, *path = item["loc"]
        place = pointer(path) if where == "body" else f"{where}:{'.'.join(map(str, path))}"
        faults.append(Fault(pointer=place, code=item["type"], detail=item["msg"]))
    return answer(request, InvalidInput("The request does not hold; see `errors`.", faults=tuple(faults)))


async def _foreign(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if error.status_code == 400:
        fault = Fault(pointer="", code="undecodable", detail="Not text in UTF-8.")
        return answer(request, InvalidInput("The body cannot be read.", faults=(fault,)))
    title, code = _TITLES.get(error.status_code, ("Refused", "refused"))
    told = ApiError(str(error.detail), code=code, headers=dict(error.headers or {}))
    told.status, told.title = error.status_code, title  # type: ignore[misc]  # the framework's statuses are open-ended
    return answer(request, told)


async def _overtaken(request: Request, _: Exception) -> JSONResponse:
    return answer(request, ChangedMeanwhile())


async def _without_database(request: Request, error: Exception) -> JSONResponse:
    log.warning("database_unavailable", path=request.url.path, detail=str(error))
    return answer(request, Unavailable("The database does not answer; try again.", code="database_unavailable"))


async def _unknown(request: Request, error: Exception) -> JSONResponse:
    log.error("request_failed", path=request.url.path, error=type(error).__name__, exc_info=error)
    return answer(request, ApiError("Something went wrong on our side; the trace id leads to the cause."))
