"""What can go wrong in reconciliation; `ReconcileError` is the base of all of it. Messages are meant for people."""


class ReconcileError(Exception):
    """Base of every error that `reconcile` raises by itself."""


class Raced(ReconcileError):
    """Other reconcilers changed the same cases again and again; nothing was written, so try again."""


class RefusedAddress(ReconcileError):
    """The endpoint's name leads to an address that notifications may not go to."""


class Unfilled(ReconcileError):
    """A request of a rule can't be made: something that it is filled in with is not known."""


class Busy(ReconcileError):
    """A source of truth is asked as much as it may be; `until` (µs UTC) is when it is worth another try."""

    def __init__(self, until: int) -> None:
        super().__init__("the source is asked as often as it may be (truth.rate, truth.at_once)")
        self.until = until


class NoTruth(ReconcileError):
    """The rule in force names no source of truth for the step."""


class NoSuchStep(ReconcileError):
    """The order has no such step; or nothing was heard of the order."""


class WordRefused(ReconcileError):
    """Somebody's word on a step is not complete, or would change nothing; the message says why."""


class FileRefused(ReconcileError):
    """A file of truth is not applied; the message says why. Nothing of it was."""


class NoSuchCase(ReconcileError):
    """There is no case with this id."""


class Overtaken(ReconcileError):
    """The case is not as it was when somebody decided: the message says who did what to it, and when."""


class BadMove(ReconcileError):
    """What was asked of a case is not complete, or makes no sense; the message says what was expected."""


class NotYours(ReconcileError):
    """The case concerns other teams than the one that this caller is bound to."""


class NotOffered(ReconcileError):
    """An action, or a word about one, that is not possible now; the message says why."""


class NoSuchAction(NotOffered):
    """There is no action with this id, or of this name on the step."""


class SweepFailed(ReconcileError):
    """A provider's list can't be read to its end; the message says why. The pass begins anew later."""


class TruthAway(ReconcileError):
    """The source of truth can't be asked now, and nothing is known from before. `wait`: µs until another try."""

    def __init__(self, why: str, wait: int) -> None:
        super().__init__(f"the source of truth can't be asked now: {why}")
        self.wait = wait


class BadSilence(ReconcileError):
    """What was asked of a silence makes no sense; the message says what was expected."""


class NoSuchSilence(ReconcileError):
    """There is no silence with this id."""


class NoSuchMessage(ReconcileError):
    """There is no message with this id."""
