"""The simulator runs as a process of its own, as `patchbay up` and the end-to-end tests use it."""

import httpx

from tests.support.simulator import simulator_process


def test_it_prints_its_address_answers_and_obeys():
    with simulator_process() as partner:
        partner.misbehave("/hook", status=500, times=1)
        body = {"profile_id": "p-1", "change": "joined"}
        statuses = [httpx.post(f"{partner.url}/hook", json=body).status_code for _ in range(2)]

        assert statuses == [500, 200]
        assert [one["status"] for one in partner.profiles()["p-1"]] == statuses
        assert partner.count("/hook") == partner.count() == 2
        partner.behave()
        partner.forget()
        assert partner.received() == []
