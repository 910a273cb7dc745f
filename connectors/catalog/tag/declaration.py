"""Tag: a pixel or script of a partner that fires in the browser of visitors who are members."""

from connectors.catalog.tag import render
from connectors.catalog.tag.settings import FireTagFields, TagSettings
from connectors.kit.declaration import (
    ENTERED,
    JOINED,
    ActionType,
    ConnectorType,
    Delivers,
    PartnerType,
    Summary,
)

CONNECTOR = ConnectorType(
    key="tag",
    label="Tag",
    api_version="1",
    summary=Summary(
        description="Publishes a partner's pixel or script in a container script. It fires in the browser of visitors"
        " whose memberships, as the page gives them, hold the audience or the journey's step, and who have given the"
        " consent that the action asks for. Nothing is sent from servers, and nothing is counted here.",
        requirements=(
            "Pages that load the container and set `window.patchbay` with the visitor's memberships and consent.",
            "A content security policy, where there is one, that allows the container and the partner's host.",
        ),
        prerequisites=("The partner has given you the address of a pixel or script.",),
    ),
    settings=TagSettings,
    actions=(
        ActionType(
            key="fire_tag",
            label="Fire tag",
            description="Fires for as long as the visitor is a member; there is nothing to remove when one leaves.",
            fields=FireTagFields,
            on=(JOINED, ENTERED),
            render=render.fire_tag,
            tag=render.tag,
        ),
    ),
    partner_type=PartnerType(number=33),
    check=render.check,
    delivers=Delivers.TAG,
)
