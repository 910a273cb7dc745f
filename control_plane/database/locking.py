"""Rows that nobody else changes before the transaction ends, read as they are at that moment."""

from typing import Any, TypeVar

from sqlalchemy import Select

Statement = TypeVar("Statement", bound=Select[Any])


def locked(statement: Statement, *, read: bool = False) -> Statement:
    """The statement with its rows locked; with `read`, others may lock them so too, and nobody changes them.

    A row that the session holds already is read anew, since it may have changed before it was locked. What the session
    has not written yet is flushed before any select, so that nothing is lost by that.
    """
    return statement.with_for_update(read=read).execution_options(populate_existing=True)
