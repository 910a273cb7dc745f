"""The first admin's API key: made before the first start, shown once, and then forgotten here."""

from http import HTTPStatus
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from deploy.local.folder import StackFolder

TIMEOUT_SECONDS = 5.0


def candidate_key(folder: StackFolder) -> str:
    """The key that the control plane will take when its database has no workspace yet."""
    from control_plane.access.keys import make_key  # noqa: PLC0415  # the programs are imported when they are needed

    return folder.first_admin_key(lambda: make_key().text)


def key_to_show(folder: StackFolder, api_url: str) -> str | None:
    """The candidate when the control plane has taken it, else `None`; raises `OSError` while that cannot be known."""
    key = candidate_key(folder)
    request = Request(f"{api_url}/v1/connectors?limit=1", headers={"Authorization": f"Bearer {key}"})
    try:
        with urlopen(request, timeout=TIMEOUT_SECONDS):
            taken = True
    except HTTPError as error:
        if error.code != HTTPStatus.UNAUTHORIZED:
            raise
        taken = False
    folder.forget_first_admin_key()
    return key if taken else None
