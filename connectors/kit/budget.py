"""What rendering one event may cost: steps of work and bytes of output."""

from typing import Any, Final

MAX_OUTPUT: Final = 1024 * 1024
MAX_STEPS: Final = 100_000
CHARACTERS_PER_STEP: Final = 32


class BudgetSpent(Exception):
    """The template does more than one event may cost."""


class Budget:
    """What one rendering may still do: steps of work, and bytes of output."""

    __slots__ = ("bytes_left", "data_size", "steps_left")

    def __init__(self) -> None:
        self.data_size = 0
        self.steps_left = MAX_STEPS
        self.bytes_left = MAX_OUTPUT

    def work(self, steps: int) -> None:
        """Charge work; raises `BudgetSpent` when nothing is left."""
        self.steps_left -= steps
        if self.steps_left < 0:
            raise BudgetSpent("it does too much work for one event; loop over less, or use fewer functions")

    def emit(self, size: int) -> None:
        """Charge output; raises `BudgetSpent` when it grows over the limit."""
        self.bytes_left -= size
        if self.bytes_left < 0:
            raise BudgetSpent(f"it gives more than {MAX_OUTPUT} bytes for one event")

    def measure(self, value: Any) -> None:
        """Charge the work of touching a value once: a list of the event may hold all of its data, however deep."""
        if isinstance(value, str):
            self.work(1 + len(value) // CHARACTERS_PER_STEP)
        elif isinstance(value, (list, dict)):
            self.work(1 + len(value) // 4 + self.data_size // CHARACTERS_PER_STEP)
        else:
            self.work(1)
