"""A checkout of one's own."""

import pytest

from tests.support.checkout import checkout


@pytest.fixture
def tree(tmp_path):
    return checkout(tmp_path)
