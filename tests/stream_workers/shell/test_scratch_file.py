"""What is written to a scratch file comes back as it was, or not at all; the file has no name."""

import os

import pytest

from stream_workers.shell.scratch_file import ScratchFile, ScratchUnreadable, length_at


@pytest.fixture
def said():
    return []


@pytest.fixture
def file(tmp_path, said):
    return ScratchFile(str(tmp_path), said.append)


def test_records_come_back_and_know_their_length(file):
    values = [b"", b"one", b"\0" * 1_048_576, b"last"]
    places = [file.append(value) for value in values]
    assert [file.read(place) for place in reversed(places)] == values[::-1]
    assert [length_at(place) for place in places] == [len(value) for value in values]
    assert file.records == len(values)


def test_nothing_stands_in_the_folder_and_the_space_goes_with_the_object(tmp_path, said):
    file = ScratchFile(str(tmp_path), said.append)
    file.append(b"a profile")
    assert not list(tmp_path.iterdir())
    assert os.fstat(file._descriptor).st_nlink == 0
    descriptor = file._descriptor
    del file
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def test_bytes_that_have_changed_are_never_given_back(file, said):
    place = file.append(b"Ada joined vip")
    os.pwrite(file._descriptor, b"Bob", 4)
    with pytest.raises(ScratchUnreadable):
        file.read(place)
    assert said == ["the 14 bytes at 0 are not what was written"]


def test_bytes_that_are_gone_are_told(file, said):
    place = file.append(b"Ada joined vip")
    os.ftruncate(file._descriptor, 6)
    with pytest.raises(ScratchUnreadable):
        file.read(place)
    assert len(said) == 1


def test_a_folder_that_is_not_there_is_an_error_of_the_system(tmp_path, said):
    with pytest.raises(OSError, match="No such file"):
        ScratchFile(str(tmp_path / "gone"), said.append)


def test_what_could_not_be_written_whole_takes_no_place(file, monkeypatch):
    kept = file.append(b"kept")
    whole = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda descriptor, record, at: whole(descriptor, record[:3], at))
    with pytest.raises(OSError, match="No space left"):
        file.append(b"lost")
    monkeypatch.undo()
    after = file.append(b"after")
    assert (file.read(kept), file.read(after)) == (b"kept", b"after")
