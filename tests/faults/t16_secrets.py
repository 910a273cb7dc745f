"""T16: secrets that look like nothing else, through every path at DEBUG; none may be found anywhere."""

import base64
from collections.abc import Iterator
from urllib.parse import quote

from connectors.kit.sealing import Sealer, new_key
from connectors.records.topics import TOPICS
from tests.faults.report import Report, Size
from tests.faults.scene import Place, Scene
from tests.support.oracle import read_all

CANARIES = {
    "token": "canary-token-7Yp!q2/Zk+9x=",
    "password": "canary-password-<&>\"'%20\\u00e4",
    "header_value": "canary-header-0xDEADBEEF==",
}
USER = "ada"
SIGNING = "whsec_" + base64.b64encode(b"canary-signing-secret-32-bytes!!").decode()


def run(place: Place, size: Size) -> Report:
    """Accepted, refused, echoing and broken answers, a refused address, and a secret that cannot be opened."""
    events = size.pick(20, 500)
    key = new_key()
    report = Report()
    with place.scene(PATCHBAY_SECRETS__KEYS=key, PATCHBAY_LOG_LEVEL="debug") as scene:
        _publish(scene, Sealer([key]))
        worker = scene.workers.start()
        _answer(scene)
        scene.stream.changes(events, profiles=events)
        scene.partner.behave()
        scene.want_all(*(f"act_{number}" for number in range(5)))
        scene.until_complete(90)
        pages = [
            answer.text for page in ("/metrics", "/readyz", "/version") if (answer := worker.get(page)) is not None
        ]
        heads = str(scene.partner.received("/", limit=5_000))
        used = sum(form in heads for form in (CANARIES["token"], CANARIES["header_value"]))
        places = {**dict(_topics(scene)), "logs": scene.workers.logs(), "pages": "".join(pages)}
    report.at_least("canaries that the partner was shown", used, 2)
    for name, text in places.items():
        report.none(f"canaries in {name}", [form for form in forms() if form in text])
    report.none("events without an end", scene.ledger.missing())
    return report


def forms() -> Iterator[str]:
    """Each canary as it is, in base64, and quoted."""
    for secret in (*CANARIES.values(), SIGNING, SIGNING.removeprefix("whsec_"), "canary-signing-secret"):
        yield secret
        yield quote(secret, safe="")
        yield base64.b64encode(secret.encode()).decode().rstrip("=")
    yield base64.b64encode(f"{USER}:{CANARIES['password']}".encode()).decode().rstrip("=")


def _publish(scene: Scene, sealer: Sealer) -> None:
    """Five connectors: bearer, basic and header authentication, one unreachable, one with another's secret."""

    def settings(number: int, **more: object) -> dict[str, object]:
        return {"url": f"{scene.partner.url}/p{number}", **more}

    def sealed(number: int, field: str, value: str) -> dict[str, str]:
        return {field: sealer.seal(f"con_{number}", field, value)}

    signing = {"signing_secret": sealer.seal("con_0", "signing_secret", SIGNING)}
    scene.publish(
        scene.webhook(0, settings=settings(0, authentication="bearer"),
                      secrets={**sealed(0, "token", CANARIES["token"]), **signing}),
        scene.webhook(1, settings=settings(1, authentication="basic", username=USER),
                      secrets=sealed(1, "password", CANARIES["password"])),
        scene.webhook(2, settings=settings(2, authentication="header", header_name="X-Key"),
                      secrets=sealed(2, "header_value", CANARIES["header_value"])),
        scene.webhook(3, settings={"url": "http://10.255.255.1/", "authentication": "bearer"},
                      secrets=sealed(3, "token", CANARIES["token"]),
                      mapping={"body": {"leak": "{{ settings.token }}"}}),
        scene.webhook(4, settings=settings(4, authentication="bearer"), secrets=sealed(0, "token", CANARIES["token"])),
        scene.audience(*"01234"),
    )  # fmt: skip


def _answer(scene: Scene) -> None:
    """The partner repeats what it was told, as it is and quoted, in refusals."""
    echo = " ".join((CANARIES["token"], quote(CANARIES["token"], safe="")))
    scene.partner.misbehave(
        "/p0", status=400, body=f'{{"error": "who is {echo}?"}}', headers={"X-Echo": CANARIES["token"]}
    )
    basic = base64.b64encode(f"{USER}:{CANARIES['password']}".encode()).decode()
    scene.partner.misbehave("/p1", status=422, body=f"Basic {basic}")
    scene.partner.misbehave("/p2", status=503, body=CANARIES["header_value"], times=5)


def _topics(scene: Scene) -> Iterator[tuple[str, str]]:
    for topic in TOPICS:
        found = read_all(scene.settings, topic)
        text = " ".join(
            (part or b"").decode("utf-8", "replace") for message in found for part in (message.key(), message.value())
        )
        yield f"the topic {topic.name}", text
