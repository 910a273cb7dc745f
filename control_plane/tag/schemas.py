"""The container as the API tells of it."""

from pydantic import BaseModel

from control_plane.tag.containers import Container


class TagRead(BaseModel):
    """One tag of the container, and when it fires."""

    action_id: str
    kind: str
    url: str
    fires: str
    memberships: list[str]
    consent: list[str]


class ContainerRead(BaseModel):
    """How to embed the container of the workspace, and what is in it.

    `path` always has what is published; `versioned_path` never changes, and is there until something else is
    published. `policy` is what a content security policy has to allow; `broken` are actions that were left out.
    """

    path: str
    versioned_path: str
    version: str
    integrity: str
    snippet: str
    policy: dict[str, list[str]]
    tags: list[TagRead]
    broken: list[str]


def snippet(path: str) -> str:
    """What a page holds, with the page's own values in it."""
    return (
        "<script>window.patchbay = {memberships: [], consent: [], profileId: undefined};</script>\n"
        f'<script async src="{path}"></script>'
    )


def container_read(workspace: str, container: Container, base: str) -> ContainerRead:
    """The container as it is shown; `base` is where pages reach this control plane."""
    path, versioned = f"/tags/{workspace}.js", f"/tags/{workspace}/{container.version}.js"
    return ContainerRead(
        path=path,
        versioned_path=versioned,
        version=container.version,
        integrity=container.integrity,
        snippet=snippet(base.rstrip("/") + path),
        policy={name: list(hosts) for name, hosts in container.hosts.items()},
        tags=[
            TagRead(
                action_id=tag.id,
                kind=tag.template.kind.value,
                url=tag.template.url,
                fires=tag.template.fires.value,
                memberships=sorted(set(tag.memberships)),
                consent=sorted(set(tag.consent)),
            )
            for tag in container.tags
        ],
        broken=list(container.broken),
    )
