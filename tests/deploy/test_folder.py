"""One folder holds a local stack, for one `patchbay up` at a time."""

import os
import stat

import pytest

from deploy.errors import CannotRun
from deploy.local.folder import StackFolder


def test_a_folder_in_use_is_refused_with_the_process_that_has_it(tmp_path):
    with StackFolder(tmp_path / "stack").held():
        second = StackFolder(tmp_path / "stack")
        with pytest.raises(CannotRun, match=rf"process {os.getpid()}\) uses .*/stack"), second.held():
            pytest.fail("two of them at once")

    with StackFolder(tmp_path / "stack").held():
        pass


def test_the_key_ring_is_made_once_and_only_its_owner_reads_it(tmp_path):
    folder = StackFolder(tmp_path)

    ring = folder.key_ring()

    assert folder.key_ring() == StackFolder(tmp_path).key_ring() == ring
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o600


def test_the_first_admin_key_stays_the_same_until_it_has_been_shown(tmp_path):
    folder = StackFolder(tmp_path)
    keys = iter(["first", "second"])

    assert folder.first_admin_key(lambda: next(keys)) == "first"
    assert folder.first_admin_key(lambda: next(keys)) == "first"
    folder.forget_first_admin_key()
    assert folder.first_admin_key(lambda: next(keys)) == "second"


def test_addresses_can_be_found_while_the_stack_runs(tmp_path):
    folder = StackFolder(tmp_path)

    with folder.held():
        folder.write_addresses({"kafka": "127.0.0.1:9092"})
        assert StackFolder(tmp_path).addresses() == {"kafka": "127.0.0.1:9092"}

    assert StackFolder(tmp_path).addresses() == {}
