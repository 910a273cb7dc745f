"""What keeps a command from doing its work, in words for whoever typed it."""


class CannotRun(Exception):
    """A command cannot go on; the message says why and what to do. It is printed without a traceback, exit code 1."""
