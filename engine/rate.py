"""How fast a long job is, as of its last seconds."""

import time
from collections import deque
from dataclasses import dataclass, field

RATE_SECONDS = 5.0  # the speed shown is that of the last seconds


@dataclass(slots=True)
class Rate:
    """Things a second over the last seconds."""

    points: deque[tuple[float, int]] = field(default_factory=deque)

    def at(self, done: int) -> float:
        """The speed, when `done` things are done by now."""
        now = time.perf_counter()
        self.points.append((now, done))
        while len(self.points) > 2 and now - self.points[0][0] > RATE_SECONDS:
            self.points.popleft()
        first, count = self.points[0]
        return (done - count) / (now - first) if now > first else 0.0
