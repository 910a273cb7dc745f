"""Tag: a pixel or script of a partner that fires in the browser of visitors who are members."""

from connectors.catalog.tag import render
from connectors.catalog.tag.settings import FireTagFields, TagSettings
from connectors.kit.declaration import ENTERED, JOINED, ActionType, ConnectorType, Delivers, PartnerType
from connectors.kit.facts import read_facts

FACTS = read_facts(__package__)

CONNECTOR = ConnectorType(
    key="tag",
    label="Tag",
    api_version="1",
    summary=FACTS.summary,
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
    partner_type=PartnerType(33),
    check=render.check,
    delivers=Delivers.TAG,
)
