import gzip

import httpx
import pytest
from fastapi import FastAPI

from control_plane.console.serving import mount_console
from control_plane.problems import install_problems

HTML = {"accept": "text/html"}


@pytest.fixture
def built(tmp_path):
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text('<meta name="csp-nonce" content="%CSP_NONCE%"><title>Patchbay</title>')
    (tmp_path / "assets" / "index-1a2b.js").write_text("start()")
    (tmp_path / "assets" / "index-1a2b.js.gz").write_bytes(gzip.compress(b"start()"))
    (tmp_path / "secret.txt").write_text("not for everybody")
    return tmp_path


def client(built):
    app = FastAPI()
    install_problems(app)

    @app.get("/v1/things")
    def things():
        return []

    mount_console(app, built)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://plane")


async def test_every_address_of_the_console_is_its_page(built):
    async with client(built) as http:
        for path in ("/", "/connectors/con_1", "/sources/audiences/aud_1?tab=versions"):
            answer = await http.get(path, headers=HTML)
            assert answer.status_code == 200
            assert "<title>Patchbay</title>" in answer.text
            assert answer.headers["cache-control"] == "no-cache"


async def test_the_page_may_load_nothing_from_elsewhere(built):
    async with client(built) as http:
        first, second = [await http.get("/", headers=HTML) for _ in range(2)]
    policy = first.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert first.headers["x-content-type-options"] == "nosniff"
    nonce = first.text.split('content="')[1].split('"')[0]
    assert f"'nonce-{nonce}'" in policy
    assert nonce not in second.text


async def test_hashed_files_are_kept_for_ever_and_sent_as_they_were_compressed(built):
    async with client(built) as http:
        plain = await http.get("/assets/index-1a2b.js", headers={"accept-encoding": "identity"})
        small = await http.get("/assets/index-1a2b.js", headers={"accept-encoding": "gzip"})
    assert plain.text == small.text == "start()"
    assert "content-encoding" not in plain.headers
    assert small.headers["content-encoding"] == "gzip"
    assert "immutable" in plain.headers["cache-control"]
    assert plain.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize("path", ["/assets/none.js", "/assets/..%2Fsecret.txt", "/assets/%2e%2e/secret.txt"])
async def test_only_built_files_are_served(built, path):
    async with client(built) as http:
        answer = await http.get(path)
    assert answer.status_code == 404
    assert "not for everybody" not in answer.text


async def test_an_unknown_address_of_the_api_stays_a_problem(built):
    async with client(built) as http:
        unknown = await http.get("/v1/nothing", headers=HTML)
        program = await http.get("/connectors", headers={"accept": "application/json"})
        method = await http.delete("/v1/things")
    assert unknown.status_code == program.status_code == 404
    assert unknown.headers["content-type"] == "application/problem+json"
    assert method.status_code == 405


async def test_without_a_build_the_page_says_why_it_is_missing(tmp_path):
    async with client(tmp_path) as http:
        answer = await http.get("/")
        deep = await http.get("/connectors", headers=HTML)
    assert answer.status_code == 200
    assert deep.status_code == 503
    assert "was not built" in answer.text
    assert "make console" in deep.text
