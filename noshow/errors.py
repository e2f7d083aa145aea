"""What a command can say went wrong."""


class NoshowError(Exception):
    """A message for the user, and the exit code: 3 for a fault at run time, 2 for wrong usage."""

    exit_code = 3


class WrongUsage(NoshowError):
    """The command was called in a way that cannot work."""

    exit_code = 2


class InvalidRules(NoshowError):
    """The rules have errors; they have been listed."""

    exit_code = 2
