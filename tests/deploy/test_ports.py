"""Ports are found when any will do, and refused with a reason when one was asked for."""

import os
import socket

import pytest

from deploy.local.ports import FIRST, LAST, PortTaken, free_port, holder_of, require_free


@pytest.fixture
def listening():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_free_port_can_be_listened_on_and_is_none_that_the_system_gives_to_clients():
    port = free_port()

    assert FIRST <= port <= LAST
    socket.create_server(("127.0.0.1", port)).close()


def test_a_preferred_port_is_taken_when_it_is_free():
    port = free_port()

    assert free_port(port) == port


def test_another_port_is_found_when_the_preferred_one_is_taken(listening):
    assert free_port(listening) != listening


def test_the_holder_of_a_port_is_named(listening):
    assert f"(process {os.getpid()})" in holder_of(listening)

    with pytest.raises(
        PortTaken, match=rf"Port {listening}, wanted for the console, is in use by .*process {os.getpid()}"
    ):
        require_free(listening, "the console")


def test_nobody_holds_a_free_port():
    assert holder_of(free_port()) is None


def test_the_same_port_is_not_given_twice_before_anybody_listens_on_it():
    ports = [free_port() for _ in range(300)]

    assert len(set(ports)) == 300
