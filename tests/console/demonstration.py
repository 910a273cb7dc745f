"""A workspace worth looking at: connectors in every state, sources, and deliveries that went well and badly."""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.support.simulator import SimulatedPartner
from tests.support.waiting import eventually

PROFILES = 120
LATER = "2026-01-02T12:00:00Z"
REFUSED = {"status": 422, "body": '{"error": "unknown customer"}', "fraction": 0.15}


@dataclass
class Demonstration:
    """What was made, by name, through the same API that the console uses."""

    url: str
    kafka: str
    simulator: SimulatedPartner
    key: str
    connectors: dict[str, str] = field(default_factory=dict)
    actions: dict[str, str] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The answer; anything but a success is an error of the demonstration."""
        headers = {"Authorization": f"Bearer {self.key}", **headers}
        answer = httpx.request(method, f"{self.url}/v1{path}", json=body, headers=headers, timeout=30)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def webhook(self, name: str, action: str, *, live: bool = True) -> None:
        """A webhook to the simulator with one action."""
        path = name.lower().replace(" ", "-")
        settings = {"url": f"{self.simulator.url}/{path}", "authentication": "bearer"}
        made = {"type": "webhook", "name": name, "settings": settings, "secrets": {"token": f"token-of-{path}"}}
        connector = self.connectors[name] = self.call("POST", "/connectors", made)["id"]
        body = {"type": "send_event", "name": action}
        self.actions[action] = self.call("POST", f"/connectors/{connector}/actions", body)["id"]
        self.call("POST", f"/connectors/{connector}/publish", {"note": "First version"})
        if live:
            self.call("PUT", f"/connectors/{connector}/activate")
            self.call("PUT", f"/actions/{self.actions[action]}/activate")

    def source(self, kind: str, name: str, **body: Any) -> None:
        """A published audience, journey or event feed."""
        made = self.sources[name] = self.call("POST", f"/{kind}", {"name": name, **body})["id"]
        self.call("POST", f"/{kind}/{made}/publish", {})

    def furnish(self) -> None:
        """Everything that stands still."""
        self.webhook("Web shop", "Tell the shop")
        self.webhook("Loyalty programme", "Update the member")
        self.webhook("Newsletter", "Subscribe", live=False)
        draft = {"type": "meta_custom_audiences", "name": "Meta, customers NL", "settings": {}, "secrets": {}}
        self.connectors["Meta"] = self.call("POST", "/connectors", draft)["id"]
        shop, loyalty = self.actions["Tell the shop"], self.actions["Update the member"]
        self.source("audiences", "Valuable customers", source_id="vip", activations=[{"action_id": shop}])
        self.source("audiences", "Lapsed members", source_id="lapsed", activations=[{"action_id": loyalty}])
        steps = [{"id": "welcome", "name": "Welcome"}, {"id": "remind", "name": "Remind"}]
        activations = [{"action_id": loyalty, "step": "welcome"}]
        self.source("journeys", "First weeks", source_id="first-weeks", steps=steps, activations=activations)
        self.source("event-feeds", "Orders", event_names=["order_placed"], activations=[{"action_id": shop}])
        self.call("PUT", f"/connectors/{self.connectors['Web shop']}/resume")
        eventually(self._is_applied, 30)

    def deliver(self) -> None:
        """Joins, leaves and orders of a hundred profiles; the loyalty programme refuses some."""
        self.simulator.misbehave("/loyalty-programme", **REFUSED)
        command = [sys.executable, "-m", "deploy.cli", "send", "-", "--kafka", self.kafka]
        lines = "\n".join(json.dumps(event) for event in _events())
        subprocess.run(command, input=lines.encode(), check=True, capture_output=True, timeout=60)
        eventually(self._is_counted, 60)
        self.simulator.behave()

    def _is_applied(self) -> bool:
        shown = [self.call("GET", f"/connectors/{one}") for one in self.connectors.values()]
        live = [one["applied"] for one in shown if one["published_version"] is not None]
        return all(applied["of"] > 0 and applied["on"] == applied["of"] for applied in live)

    def _is_counted(self) -> bool:
        totals = self.call("GET", "/statistics?window=7d")["totals"]
        return bool(totals["sent"] >= PROFILES and totals["errors_total"] > 0)


def _events() -> list[dict[str, Any]]:
    return [event for number in range(PROFILES) for event in _of_profile(number)]


def _of_profile(number: int) -> list[dict[str, Any]]:
    profile = {
        "v": 1,
        "workspace": "default",
        "profile_id": f"p-{number}",
        "occurred_at": "2026-01-01T12:00:00Z",
        "identifiers": {"email": f"someone{number}@example.org", "customer_id": str(1000 + number)},
        "attributes": {"first_name": "Robin", "city": "Utrecht"},
    }
    vip, lapsed = ({"kind": "audience", "id": name} for name in ("vip", "lapsed"))
    order = {"kind": "event", "name": "order_placed", "properties": {"total": 25 + number, "currency": "EUR"}}
    events = [
        {**profile, "kind": "membership", "source": vip, "change": "joined"},
        {**profile, "kind": "membership", "source": lapsed, "change": "joined"},
        {**profile, **order},
    ]
    if number % 4 == 0:
        events.append({**profile, "kind": "membership", "source": vip, "change": "left", "occurred_at": LATER})
    return events
