"""`/tags/{container}.js` for pages, and `/v1/tags` for admins. A container is named by its workspace's id.

A page that loads the plain address has a change within a minute: its answer may be kept that long, and is then asked
for again with its ETag. The address with the version may be kept for ever, since its content never changes.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Request, Response

from control_plane.access.work import Viewing, get_parts
from control_plane.errors import NotFound, documented
from control_plane.parts import Parts
from control_plane.tag.containers import Container
from control_plane.tag.schemas import ContainerRead, container_read

router = APIRouter(tags=["tags"])
Name = Annotated[str, Path(pattern="^[A-Za-z0-9_-]{1,64}$")]
Known = Annotated[str | None, Header(alias="If-None-Match", max_length=1000)]
SECONDS = 60
FOR_EVER = "public, max-age=31536000, immutable"
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


@router.get("/v1/tags", responses=documented())
async def get_container(work: Viewing, request: Request) -> ContainerRead:
    """How to embed the workspace's container, which tags it has, and what a content security policy must allow."""
    container = await work.parts.containers.find(work.session, work.workspace)
    assert container is not None, "a caller's workspace exists"
    return container_read(work.workspace, container, str(request.base_url))


@router.get("/tags/{name}.js", include_in_schema=False)
async def get_script(name: Name, parts: Annotated[Parts, Depends(get_parts)], known: Known = None) -> Response:
    """The container script; for everybody, since it is for every visitor of a page."""
    return _answer(await _find(parts, name), known, f"public, max-age={SECONDS}")


@router.get("/tags/{name}/{version}.js", include_in_schema=False)
async def get_versioned_script(
    name: Name,
    version: Annotated[str, Path(pattern="^[0-9a-f]{16}$")],
    parts: Annotated[Parts, Depends(get_parts)],
    known: Known = None,
) -> Response:
    """The same under an address whose content never changes; gone once another version is published."""
    container = await _find(parts, name)
    if container.version != version:
        raise NotFound("This version of the container is not published any more.")
    return _answer(container, known, FOR_EVER)


async def _find(parts: Parts, name: str) -> Container:
    parts.startup.demand_finished()
    async with parts.database.transaction(write=False) as session:
        container = await parts.containers.find(session, name)
    if container is None:
        raise NotFound(f"There is no container {name}.")
    return container


def _answer(container: Container, known: str | None, keeping: str) -> Response:
    tag = f'"{container.version}"'
    headers = {**_HEADERS, "Cache-Control": keeping, "ETag": tag}
    if known is not None and tag in {part.strip().removeprefix("W/") for part in known.split(",")}:
        return Response(status_code=304, headers=headers)
    return Response(container.script, media_type="text/javascript; charset=utf-8", headers=headers)
