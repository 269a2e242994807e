"""Errors with one clear sentence: what, where, got, do."""


class UserError(Exception):
    """A mistake in the input that the user can mend; a command prints its sentence and exits with 1."""

    exit_code = 1


class ConfigurationError(UserError):
    """Wrong usage or configuration; a command prints every mistake at once and exits with 2."""

    exit_code = 2
