"""The clock of the tests: time passes only by `sleep`, at once."""


class ManualClock:
    def __init__(self, now: int) -> None:
        self._now = now

    def now(self) -> int:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += round(seconds * 1_000_000)
