"""T16, the control plane: secrets of every type go in; no answer, log, page, table, topic or export shows one."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from connectors.catalog import CATALOG, find_cases
from connectors.kit.cases import load_cases
from connectors.records.topics import TOPICS
from deploy.api_client import ApiClient
from deploy.config_as_code.commands import export
from tests.faults.plane import Plane, is_up
from tests.faults.report import Report, Size
from tests.faults.scene import Place, Scene
from tests.support.canaries import canary, found_in, plain_canary
from tests.support.oracle import read_all

ADMIN_KEY = f"pbk_admin_{plain_canary(0)}"
SIGNING = "whsec_Y2FuYXJ5LXNpZ25pbmctc2VjcmV0LTMyLWJ5dGVzISE="
PAGES = (
    "/", "/metrics", "/readyz", "/livez", "/version", "/openapi.json",
    "/v1/me", "/v1/users", "/v1/api-keys", "/v1/connectors", "/v1/audiences", "/v1/audit", "/v1/alerts",
    "/v1/config/relay", "/v1/connector-types", "/v1/custom-connector-types", "/v1/dead-letters",
    "/v1/dead-letters/counts", "/v1/deliveries", "/v1/error-groups", "/v1/errors", "/v1/errors.csv",
    "/v1/samples", "/v1/statistics", "/v1/workers", "/v1/workspaces", "/v1/jobs", "/v1/trace?profile_id=p-1",
)  # fmt: skip


@dataclass
class Api:
    """The control plane's API; keeps every answer, whatever its status."""

    http: httpx.Client
    answers: list[str] = field(default_factory=list)
    planted: int = 0

    def ask(self, method: str, path: str, body: Any = None, **options: Any) -> httpx.Response:
        """Any answer."""
        answer = self.http.request(method, path, json=body, **options)
        self.answers.append(f"{method} {path} {answer.status_code} {answer.headers} {answer.text}")
        return answer

    def must(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """The JSON of a good answer."""
        answer = self.ask(method, path, body, **options)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json() if answer.content else None

    def change(self, path: str, body: Any) -> httpx.Response:
        """Any answer to a change of what was just read."""
        return self.ask("PATCH", path, body, headers={"If-Match": self.ask("GET", path).headers["ETag"]})

    def listen(self, path: str) -> None:
        """The first event of a stream that never ends."""
        with self.http.stream("GET", path) as stream:
            self.answers.append(f"GET {path} {stream.headers} {next(stream.iter_text())}")

    def secret(self, place: str) -> str:
        """One canary more."""
        self.planted += 1
        return canary(self.planted, place)


def run(place: Place, size: Size) -> Report:
    """Everything is configured through the API; then a partner repeats what it was told; then everybody is asked."""
    events = size.pick(10, 200)
    report = Report()
    database = place.folder / "t16.sqlite"
    plane = Plane(f"sqlite:///{database}", ADMIN_KEY)
    talkative = {"PATCHBAY_LOG_LEVEL": "debug", "PATCHBAY_ACCESS__TRIALS_PER_MINUTE": "1000"}
    with place.scene(**plane.environment, **talkative) as scene, plane.client() as http:
        api = Api(http)
        program = scene.workers.start("control-plane", wait=False)
        scene.until(lambda: not program.is_running() or is_up(http))
        assert program.is_running(), program.log_text()[-3000:]
        action_id = _configure(api, scene)
        _configure_every_type(api)
        worker = scene.workers.start()
        scene.workers.start("metrics")
        scene.partner.misbehave("/echo", status=400, body=canary(1, "token"), headers={"X-Echo": canary(1, "token")})
        scene.stream.changes(events, profiles=events)
        scene.want_all(action_id)
        scene.until_complete(120)
        scene.until(lambda: api.must("GET", "/v1/dead-letters")["items"])
        _try_out(api, scene, action_id)
        _ask_wrongly(api)
        for page in (*PAGES, *_own_pages(api)):
            api.ask("GET", page)
        api.listen("/v1/live")
        heads = str(scene.partner.received("/", limit=5_000))
        pages = "".join(answer.text for page in ("/metrics", "/readyz") if (answer := worker.get(page)) is not None)
        exported = export(ApiClient(plane.url, ADMIN_KEY))
        places = {**dict(_topics(scene)), "logs of three programs": scene.workers.logs(), "pages of the worker": pages}
        places |= {"the exported configuration": exported}
    places |= {f"the database file {path.name}": path.read_bytes() for path in database.parent.glob("t16.sqlite*")}
    report.at_least("canaries planted", api.planted, 25)
    report.at_least("of them, shown to the partner", len(found_in(heads)), 1)
    for name, text in places.items():
        report.none(f"canaries in {name}", found_in(text))
    leaking = [answer[:100] for answer in api.answers if found_in(answer)]
    report.none(f"of {len(api.answers)} answers of the API, those with a canary", leaking)
    report.note("answers with a canary", leaking[:5])
    return report


def _configure(api: Api, scene: Scene) -> str:
    """A webhook whose partner repeats its token, an audience, a custom type, alerts; the action's id."""
    settings = {"url": f"{scene.partner.url}/echo", "authentication": "bearer"}
    secrets = {"token": api.secret("token"), "signing_secret": SIGNING}
    body = {"type": "webhook", "name": "Echo", "settings": settings, "secrets": secrets}
    connector = f"/v1/connectors/{api.must('POST', '/v1/connectors', body)['id']}"
    action = {"type": "send_event", "name": "Send", "mapping": {"body": {"who": "{{ profile.id }}"}}}
    action_id = str(api.must("POST", f"{connector}/actions", action)["id"])
    for path in (f"{connector}/publish", f"{connector}/activate", f"/v1/actions/{action_id}/activate"):
        api.must("POST" if path.endswith("publish") else "PUT", path)
    audience = {"name": "VIPs", "source_id": "vip", "activations": [{"action_id": action_id}]}
    audience_id = api.must("POST", "/v1/audiences", audience)["id"]
    api.must("POST", f"/v1/audiences/{audience_id}/publish")
    definition = {
        "key": "crm", "label": "CRM", "url": f"{scene.partner.url}/crm", "check": {"path": "/me"},
        "authentication": {"kind": "header", "name": "X-Key"}, "body": {"mapping": {"who": "{{ profile.id }}"}},
    }  # fmt: skip
    api.must("POST", "/v1/custom-connector-types", {"definition": definition})
    channel = {"kind": "webhook", "url": f"{scene.partner.url}/alert"}
    alert = {"name": "Errors", "condition": {"kind": "error_rate", "percent": 1, "minimum": 1}, "channel": channel}
    api.must("POST", "/v1/alerts", {**alert, "secret": SIGNING})
    return action_id


def _configure_every_type(api: Api) -> None:
    """A published connector of each type, with a canary in each secret; they are not activated."""
    secrets_of = {type_.key: type_.settings.secret_fields() for type_ in CATALOG}
    crm = api.must("GET", "/v1/connector-types/custom:crm")
    secrets_of["custom:crm"] = tuple(crm["secret_fields"])
    for key, names in secrets_of.items():
        cases = load_cases(find_cases(key)) if key != "custom:crm" else []
        settings = {name: value for name, value in cases[0].settings.items() if name not in names} if cases else {}
        for secrets in ({name: api.secret(f"{key}-{name}") for name in names}, _plain(api, names)):
            made = api.ask(
                "POST", "/v1/connectors", {"type": key, "name": key, "settings": settings, "secrets": secrets}
            )
            if made.is_success:
                path = f"/v1/connectors/{made.json()['id']}"
                api.must("POST", f"{path}/publish")
                api.change(path, {"secrets": {name: api.secret(f"{key}-{name}-new") for name in names[:1]}})
                api.ask("GET", f"{path}/versions")
                api.ask("GET", f"{path}/diff/rendered")
                break


def _plain(api: Api, names: tuple[str, ...]) -> dict[str, str]:
    api.planted += len(names)
    return {name: plain_canary(api.planted) for name in names}


def _try_out(api: Api, scene: Scene, action_id: str) -> None:
    """Everything that sends or renders from the control plane itself, to a partner that repeats what it is told."""
    connector_id = api.must("GET", f"/v1/actions/{action_id}")["connector_id"]
    leak = {"mapping": {"body": {"leak": "{{ settings.token }}"}}}
    api.ask("POST", f"/v1/connectors/{connector_id}/test", {"stage": "draft"})
    form = api.secret("form")
    scene.partner.misbehave("/echo/form", status=400, body=form, headers={"X-Echo": form})
    settings = {"url": f"{scene.partner.url}/echo/form", "authentication": "bearer"}
    api.ask("POST", f"/v1/connectors/{connector_id}/test", {"settings": settings, "secrets": {"token": form}})
    api.ask("POST", f"/v1/actions/{action_id}/preview", {"samples": {"limit": 3}})
    api.ask("POST", f"/v1/actions/{action_id}/preview", leak)
    api.ask("POST", f"/v1/actions/{action_id}/test-send", {})
    api.ask("POST", f"/v1/actions/{action_id}/test-send", leak)
    api.ask("POST", "/v1/jobs", {"selection": {}})


def _ask_wrongly(api: Api) -> None:
    """Secrets where none belong: what refuses them must not repeat them."""
    wrong: list[dict[str, Any]] = [
        {"settings": {"url": f"http://ada:{plain_canary(90)}@127.0.0.1/"}},
        {"settings": {"url": "http://127.0.0.1/", "token": api.secret("in-settings")}},
        {"settings": {"url": "http://127.0.0.1/"}, "secrets": {"token": [api.secret("in-a-list")]}},
        {"settings": {"url": "http://127.0.0.1/"}, "secrets": {"tokem": api.secret("misspelt")}},
        {"settings": {"url": "http://127.0.0.1/"}, "secrets": {"signing_secret": api.secret("no-whsec")}},
        {"settings": {"url": "http://127.0.0.1/"}, "secrets": api.secret("no-object")},
    ]
    for body in wrong:
        api.ask("POST", "/v1/connectors", {"type": "webhook", "name": "Wrong", **body})
        api.ask("PUT", "/v1/connector-types/webhook/test", {"settings": {}, **body})
    half = b'{"type": "webhook", "secrets": {"token": "' + api.secret("half").encode()
    answer = api.http.post("/v1/connectors", content=half, headers={"Content-Type": "application/json"})
    api.answers.append(f"POST half {answer.status_code} {answer.text}")
    api.ask("POST", "/v1/session", {"api_key": f"pbk_wrong_{plain_canary(91)}"})
    api.ask("GET", "/v1/me", headers={"Authorization": f"Bearer pbk_wrong_{plain_canary(92)}"})
    api.ask("GET", "/v1/me", headers={"Authorization": f"Basic {plain_canary(93)}"})


def _own_pages(api: Api) -> Iterator[str]:
    """The pages of each connector, dead letter and delivery."""
    for connector in api.must("GET", "/v1/connectors?limit=100")["items"]:
        path = f"/v1/connectors/{connector['id']}"
        yield from (path, f"{path}/status", f"{path}/uses", f"{path}/actions", f"{path}/versions/1")
    for letter in api.must("GET", "/v1/dead-letters?limit=5")["items"]:
        yield f"/v1/dead-letters/{letter['id']}"
    for delivery in api.must("GET", "/v1/deliveries?limit=5")["items"]:
        yield f"/v1/deliveries/{delivery['delivery_id']}"


def _topics(scene: Scene) -> Iterator[tuple[str, bytes]]:
    for topic in TOPICS:
        parts = [part for one in read_all(scene.settings, topic) for part in (one.key(), one.value()) if part]
        yield f"the topic {topic.name}", b" ".join(parts)
