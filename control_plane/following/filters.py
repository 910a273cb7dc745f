"""Query parameters of the lists of what workers reported."""

from typing import Annotated

from fastapi import Query

from control_plane.inputs import Moment

IdFilter = Annotated[str | None, Query(pattern="^[A-Za-z0-9_.-]{1,64}$")]
CodeFilter = Annotated[str | None, Query(pattern="^[a-z_]{1,64}$")]
ExactText = Annotated[
    str | None, Query(max_length=2000, pattern="^[^\\x00]+$", description="Exactly this text; parts are not found.")
]
Since = Annotated[Moment | None, Query(description="From this moment on.")]
Until = Annotated[Moment | None, Query(description="Before this moment.")]
