"""What can go wrong below; `StoreError` is the base of all of it. Messages are meant for people."""

from collections.abc import Sequence


class StoreError(Exception):
    """Base of every error that `store` raises by itself."""


class StoreUnavailable(StoreError):
    """The store is away, slow or full: nothing is wrong with what was asked, so try again later."""


class StoreRefused(StoreError):
    """The store will not take this statement or these values; trying again is no use."""


class MigrationEdited(StoreError):
    """A migration file differs from what was applied under its name: restore it, and write a new one instead."""

    def __init__(self, file: str) -> None:
        super().__init__(
            f"{file} was changed after it had been applied to this store. Restore it and write a new migration instead."
        )
        self.file = file


class StoreNewer(StoreError):
    """The store was migrated by a newer version of Noshow than this one."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            f"This store was made by a newer version of Noshow (unknown migrations: {', '.join(names)}). "
            "Install that version or a later one."
        )


class StoreBehind(StoreError):
    """The store lacks migrations that this process may not, or should not, apply itself."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            f"This store has yet to be migrated ({', '.join(names)}): run `noshow migrate` with an account that may "
            "create tables."
        )
        self.names = tuple(names)


class LeaseLost(StoreError):
    """Somebody else holds the lease now; what was computed under it must not be written."""


class StoreInUse(StoreError):
    """Another process has this data directory open."""


class DataDirectoryError(StoreError):
    """The data directory can't be made or written."""


class SettingsError(StoreError):
    """Everything that is wrong with the settings; `problems` has one line for each, naming its place."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)
