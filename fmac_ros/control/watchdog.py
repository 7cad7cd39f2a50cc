"""For whatever is last before the robot: silence means hold."""

from __future__ import annotations


class Watchdog:
    """Notices once that nothing newer came before a deadline.

    Times come from one clock that never goes back, such as time.monotonic().

    Args:
        deadline: longest time between two commands [s].
    """

    def __init__(self, deadline: float) -> None:
        if not deadline > 0:
            raise ValueError(f"deadline is {deadline} s, valid: more than 0")
        self._deadline = deadline
        self._fed: float | None = None

    def feed(self, now: float) -> None:
        """A command came at ``now`` [s]; the next one is due a deadline later."""
        self._fed = now

    def rest(self) -> None:
        """No command is due any more: the motion was ended on purpose."""
        self._fed = None

    def bites(self, now: float) -> bool:
        """Whether a command is overdue at ``now`` [s]; once, then only after the next one."""
        if self._fed is None or now - self._fed <= self._deadline:
            return False
        self._fed = None
        return True
