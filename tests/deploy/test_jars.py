"""Kafka's jars are fetched once, checked against the lock at every start, and never taken when they differ."""

import hashlib
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from deploy.local.jars import KAFKA_VERSION, MAX_TRIES, JarsUnavailable, cache_folder, class_path, read_lock

CONTENT = b"the bytes of a jar" * 1000
PATH = "org/example/broker/1.0/broker-1.0.jar"


@pytest.fixture
def repository(tmp_path):
    """A repository of jars that holds one, and counts how often it is asked for it."""
    root = tmp_path / "repository"
    jar = root / PATH
    jar.parent.mkdir(parents=True)
    jar.write_bytes(CONTENT)

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self):
            server.asked.append(self.path)
            super().do_GET()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=root))
    server.asked = []
    server.jar = jar
    server.addresses = {"ours": f"http://127.0.0.1:{server.server_address[1]}"}
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def lock(tmp_path):
    lock = tmp_path / "kafka.lock"
    lock.write_text(f"# a comment\norg.example:broker:1.0 {hashlib.sha256(CONTENT).hexdigest()}\n")
    return lock


def downloads(repository):
    return [path for path in repository.asked if path.endswith(".jar")]


def test_a_missing_jar_is_fetched_and_the_next_start_needs_no_network(repository, lock, tmp_path, capfd):
    path = class_path(tmp_path / "cache", lock, repository.addresses)

    assert path == str(tmp_path / "cache" / "jars" / PATH)
    assert (tmp_path / "cache" / "jars" / PATH).read_bytes() == CONTENT
    assert "Apache Kafka" in capfd.readouterr().err
    assert class_path(tmp_path / "cache", lock, {"gone": "http://127.0.0.1:1"}) == path
    assert len(downloads(repository)) == 1


def test_a_jar_that_was_damaged_on_this_machine_is_fetched_again(repository, lock, tmp_path):
    class_path(tmp_path / "cache", lock, repository.addresses)
    kept = tmp_path / "cache" / "jars" / PATH
    kept.write_bytes(CONTENT[:100])

    class_path(tmp_path / "cache", lock, repository.addresses)

    assert kept.read_bytes() == CONTENT


def test_a_jar_that_is_not_the_one_in_the_lock_is_refused_and_not_kept(repository, lock, tmp_path):
    repository.jar.write_bytes(b"something else")

    with pytest.raises(JarsUnavailable, match=r"org\.example:broker:1\.0, .* its sha256 is \w{64}, not \w{64}"):
        class_path(tmp_path / "cache", lock, repository.addresses)

    assert len(downloads(repository)) == MAX_TRIES
    assert not (tmp_path / "cache" / "jars" / PATH).exists()


def test_a_repository_that_cannot_be_reached_is_explained(lock, tmp_path):
    with pytest.raises(JarsUnavailable, match="first start needs the network"):
        class_path(tmp_path / "cache", lock, {"gone": "http://127.0.0.1:1"})


def test_the_lock_holds_the_broker_and_a_sum_for_every_jar():
    jars = {jar.coordinate: jar.sha256 for jar in read_lock()}

    assert f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}" in jars
    assert all(len(sum_) == 64 for sum_ in jars.values())


def test_the_cache_can_be_put_elsewhere(monkeypatch, tmp_path):
    monkeypatch.setenv("PATCHBAY_CACHE_DIR", str(tmp_path))
    assert cache_folder() == tmp_path

    monkeypatch.delenv("PATCHBAY_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", "/home/ada/cache")
    assert str(cache_folder()) == "/home/ada/cache/patchbay"
