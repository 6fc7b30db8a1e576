"""Simulated time: the clock of a cluster, its text forms, and seeded randomness.

Times are seconds since the epoch as floats. Simulated time starts at the wall clock, can run faster or
stand still, and never goes back. The engine never asks the operating system what time it is: callers
pass `wall` or `now` in.
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from random import Random

QUANTUM = 0.05
"""Simulated seconds. Due times are rounded up to it, so that what is due together is one commit."""
_QUANTA_A_SECOND = round(1 / QUANTUM)
_TOLERANCE = 1e-4
"""Quanta. A float of today's date in seconds is only exact to a quarter of a microsecond."""


@dataclass(frozen=True, slots=True)
class Clock:
    """How a cluster's simulated time follows the wall clock.

    `anchor_simulated` was the time when the wall clock showed `anchor_wall`; `speed` is simulated
    seconds a second.
    """

    anchor_wall: float
    anchor_simulated: float
    speed: float = 1.0
    paused: bool = False

    def now(self, wall: float) -> float:
        """The simulated time at that wall time. A wall clock set back does not turn it back."""
        if self.paused:
            return self.anchor_simulated
        return self.anchor_simulated + max(0.0, wall - self.anchor_wall) * self.speed

    def wall_at(self, simulated: float) -> float | None:
        """When the wall clock will show that simulated time; None while paused."""
        if self.paused:
            return None
        return self.anchor_wall + max(0.0, simulated - self.anchor_simulated) / self.speed

    def changed(self, wall: float, *, speed: float | None = None, paused: bool | None = None) -> "Clock":
        """The clock from now on, with another speed or state and without a jump."""
        return Clock(
            anchor_wall=wall,
            anchor_simulated=self.now(wall),
            speed=self.speed if speed is None else speed,
            paused=self.paused if paused is None else paused,
        )


def quantise(t: float) -> float:
    """`t` rounded up to the next QUANTUM."""
    return math.ceil(t * _QUANTA_A_SECOND - _TOLERANCE) / _QUANTA_A_SECOND


_LAST_SECOND = 253_402_300_799
"""9999-12-31T23:59:59Z. A grace period may be longer than any time that can be written."""


@lru_cache(maxsize=256)
def _rfc3339_second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def rfc3339(t: float) -> str:
    """As metav1.Time is written: whole seconds, UTC, such as `2026-11-24T08:00:00Z`."""
    return _rfc3339_second(min(int(t), _LAST_SECOND))


def rfc3339_micro(t: float) -> str:
    """As metav1.MicroTime is written (Event.eventTime, Lease.renewTime)."""
    return datetime.fromtimestamp(t, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_rfc3339(text: str) -> float:
    """The seconds since the epoch. Raises ValueError for a text that is no such time."""
    return datetime.fromisoformat(text).timestamp()


def draw(seed: str, revision: int, what: str) -> Random:
    """The only source of random choices: a retry of the same write draws the same."""
    return Random(f"{seed}/{revision}/{what}")


def draw_hex(seed: str, revision: int, what: str, length: int = 32) -> str:
    """`length` hexadecimal digits, for identifiers: five times cheaper than a Random."""
    return blake2b(f"{seed}/{revision}/{what}".encode(), digest_size=(length + 1) // 2).hexdigest()[:length]
