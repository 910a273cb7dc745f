"""Every way in which the API refuses: status-coded subclasses of one `ApiError`, told as RFC 9457 problems."""

from typing import Any, ClassVar

from pydantic import BaseModel, Field


class Fault(BaseModel):
    """One thing that is wrong, and where: `pointer` is a JSON pointer into the request body."""

    pointer: str
    code: str
    detail: str
    line: int | None = None
    column: int | None = None


class Problem(BaseModel):
    """An error as `application/problem+json`; programs read `code`, people read `detail`."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    instance: str
    code: str
    trace_id: str
    errors: list[Fault] = Field(default_factory=list)


class ApiError(Exception):
    """The root: a refusal with a status, a stable code, and a sentence that says what to do."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal error"
    default_code: ClassVar[str] = "internal_error"

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        faults: tuple[Fault, ...] = (),
        more: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or self.default_code
        self.faults = faults
        self.more = more or {}
        self.headers = headers or {}


class Unauthorized(ApiError):
    """No usable API key."""

    status = 401
    title = "Sign in"
    default_code = "unauthorized"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": 'Bearer realm="patchbay"'})


class Forbidden(ApiError):
    """The key's role may not do this."""

    status = 403
    title = "Not allowed"
    default_code = "forbidden"


class NotFound(ApiError):
    """Not there, or another workspace's."""

    status = 404
    title = "Not found"
    default_code = "not_found"


class Conflict(ApiError):
    """The request is well-formed, and the state of things forbids it."""

    status = 409
    title = "Conflict"
    default_code = "conflict"


class InUse(Conflict):
    """Something still uses it; the problem names every use."""

    title = "In use"
    default_code = "in_use"


class Stale(ApiError):
    """Somebody else changed it since it was read."""

    status = 412
    title = "Changed in between"
    default_code = "stale"


class ChangedMeanwhile(Stale):
    """Somebody else changed it between our reading and our writing."""

    def __init__(self) -> None:
        super().__init__("Somebody else changed this at the same moment; read it again.")


class TooLarge(ApiError):
    """The request's body is beyond what is read."""

    status = 413
    title = "Too large"
    default_code = "too_large"


class InvalidInput(ApiError):
    """The request does not hold; each fault points at the place."""

    status = 422
    title = "Invalid input"
    default_code = "invalid_input"


class PreconditionRequired(ApiError):
    """A change must say which version it changes."""

    status = 428
    title = "If-Match is missing"
    default_code = "precondition_required"


class Unavailable(ApiError):
    """Something that we depend on does not answer; trying again later helps."""

    status = 503
    title = "Unavailable"
    default_code = "unavailable"

    def __init__(self, detail: str, *, code: str | None = None) -> None:
        super().__init__(detail, code=code, headers={"Retry-After": "1"})


def documented(*errors: type[ApiError]) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a route that may refuse in these ways."""
    every: tuple[type[ApiError], ...] = (Unauthorized, Forbidden, Unavailable, *errors)
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {error.status: {"description": error.title, "content": content} for error in every}
