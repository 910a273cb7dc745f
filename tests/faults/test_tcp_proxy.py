"""The proxy of the network faults does to connections what it says, and no more."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.support.tcp_proxy import TcpProxy, tcp_proxy
from tests.support.waiting import eventually

SECONDS = 30.0


class Echo:
    """A server that returns what it gets; remembers how its connections ended."""

    def __init__(self) -> None:
        self.ended: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._echo, args=(connection,), daemon=True).start()

    def _echo(self, connection: socket.socket) -> None:
        with closing(connection):
            try:
                while piece := connection.recv(65_536):
                    connection.sendall(piece)
                self.ended.append("closed")
            except OSError:
                self.ended.append("reset")


@pytest.fixture
def echo() -> Iterator[Echo]:
    echo = Echo()
    yield echo
    echo.close()


@pytest.fixture
def proxy(echo: Echo) -> Iterator[TcpProxy]:
    with tcp_proxy(echo.port) as proxy:
        yield proxy


@pytest.fixture
def client(proxy: TcpProxy) -> Iterator[socket.socket]:
    with closing(connected(proxy)) as client:
        yield client


def connected(proxy: TcpProxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=SECONDS)


def asked(client: socket.socket, text: bytes) -> bytes:
    client.sendall(text)
    return received(client, len(text))


def received(client: socket.socket, size: int) -> bytes:
    got = b""
    while len(got) < size and (piece := client.recv(size - len(got))):
        got += piece
    return got


def is_silent(client: socket.socket) -> bool:
    client.settimeout(0.3)
    try:
        return client.recv(1) == b"never"
    except TimeoutError:
        return True
    finally:
        client.settimeout(SECONDS)


def test_what_is_sent_comes_through_whole_and_an_end_is_an_end(client, echo):
    text = bytes(range(256)) * 4_000
    threading.Thread(target=client.sendall, args=(text,), daemon=True).start()
    assert received(client, len(text)) == text
    client.shutdown(socket.SHUT_WR)
    assert client.recv(1) == b""
    eventually(lambda: echo.ended == ["closed"])


def test_a_delay_holds_every_piece_back(client, proxy):
    proxy.delay(0.2)
    began = time.monotonic()
    assert asked(client, b"late") == b"late"
    assert time.monotonic() - began >= 0.4


def test_a_slow_connection_carries_no_more_than_it_may(client, proxy):
    proxy.slow(10_000)
    began = time.monotonic()
    assert asked(client, b"x" * 2_000) == b"x" * 2_000
    assert time.monotonic() - began >= 0.4


def test_whoever_is_cut_off_hears_nothing_until_it_heals_and_then_everything(client, proxy):
    assert asked(client, b"before") == b"before"
    proxy.cut_off()
    client.sendall(b"meanwhile")
    newcomer = connected(proxy)
    newcomer.sendall(b"knock")
    assert is_silent(client)
    assert is_silent(newcomer)
    proxy.heal()
    assert received(client, 9) == b"meanwhile"
    assert received(newcomer, 5) == b"knock"
    newcomer.close()


def test_a_reset_reaches_both_ends(client, proxy, echo):
    assert asked(client, b"before") == b"before"
    proxy.reset()
    with pytest.raises(ConnectionResetError):
        client.recv(1)
    eventually(lambda: echo.ended == ["reset"])
    with closing(connected(proxy)) as other:
        assert asked(other, b"again") == b"again"


def test_whoever_is_refused_cannot_connect_until_it_heals_at_the_same_port(client, proxy):
    assert asked(client, b"before") == b"before"
    proxy.refuse()
    with pytest.raises(ConnectionResetError):
        client.recv(1)
    with pytest.raises(ConnectionRefusedError):
        connected(proxy)
    proxy.heal()
    with closing(connected(proxy)) as other:
        assert asked(other, b"again") == b"again"


def test_a_reset_in_the_middle_of_a_request_comes_after_so_many_bytes(client, proxy):
    proxy.reset_after(10)
    assert asked(client, b"ten bytes.") == b"ten bytes."
    client.sendall(b"one too many")
    with pytest.raises(ConnectionResetError):
        client.recv(1)


def test_a_half_open_connection_looks_alive_and_is_not(client, proxy, echo):
    assert asked(client, b"before") == b"before"
    proxy.half_open()
    eventually(lambda: echo.ended == ["closed"])
    client.sendall(b"anybody there?")
    assert is_silent(client)
    with closing(connected(proxy)) as other:
        assert asked(other, b"new") == b"new"
