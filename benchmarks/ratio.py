"""How long one way takes relative to another, measured in turns, and the report that every benchmark prints.

A machine that others use gives no absolute numbers worth keeping. Two things measured within the same second share
its load, so that what counts is the median of their ratios over several rounds.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

ROUNDS = 7


@dataclass(frozen=True, slots=True)
class Result:
    """One comparison. `unit` says what `ours` and `peer` are (medians); `ratio` is the number that the bar judges."""

    name: str
    peer_name: str
    ours: float
    peer: float
    unit: str
    ratio: float
    bar: float
    at_most: bool = True  # False: the ratio must be at least the bar
    note: str = ""

    @property
    def met(self) -> bool:
        return self.ratio <= self.bar if self.at_most else self.ratio >= self.bar


def take_turns(ways: Mapping[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Seconds that each way took in each round; one more round goes before, to warm up. The order turns with each
    round, so that nobody always runs in the wake of the same other. A way that returns a float has measured itself."""
    names = list(ways)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(-1, rounds):
        shift = turn % len(names)
        for name in names[shift:] + names[:shift]:
            start = time.perf_counter()
            own = ways[name]()
            taken = own if isinstance(own, float) else time.perf_counter() - start
            if turn >= 0:
                seconds[name].append(taken)
    return seconds


def compared(
    name: str, ours: Sequence[float], peer_name: str, peer: Sequence[float], bar: float, note: str = ""
) -> Result:
    """A result from seconds measured in the same rounds, shown in milliseconds."""
    ratio = statistics.median(mine / theirs for mine, theirs in zip(ours, peer, strict=True))
    return Result(
        name, peer_name, statistics.median(ours) * 1e3, statistics.median(peer) * 1e3, "ms", ratio, bar, note=note
    )


def faster(
    name: str,
    ours: Sequence[float],
    peer_name: str,
    peer: Sequence[float],
    count: int,
    bar: float,
    note: str = "",
    unit: str = "photos/s",
) -> Result:
    """A result from the seconds that `count` things took in the same rounds; the bar is the least ratio of speeds."""
    ratio = statistics.median(theirs / mine for mine, theirs in zip(ours, peer, strict=True))
    speeds = count / statistics.median(ours), count / statistics.median(peer)
    return Result(name, peer_name, *speeds, unit, ratio, bar, at_most=False, note=note)


def parser(description: str) -> argparse.ArgumentParser:
    """The options of every benchmark."""
    options = argparse.ArgumentParser(description=description)
    options.add_argument("--json", action="store_true", help="print the results as JSON")
    options.add_argument(
        "--rounds", type=int, default=ROUNDS, help="how often each side is measured (default %(default)s)"
    )
    return options


def machine() -> dict[str, str | int]:
    """What the numbers were measured on."""
    model = platform.processor()
    if sys.platform == "linux":
        with open("/proc/cpuinfo", encoding="utf-8") as file:  # noqa: PTH123
            names = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
        model = names[0] if names else model
    return {
        "cpu": model,
        "cores": os.cpu_count() or 1,
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
    }


def report(benchmark: str, results: Sequence[Result], as_json: bool) -> int:
    """Print the results; 0 if every bar is met, else 1."""
    met = all(result.met for result in results)
    if as_json:
        rows = [asdict(result) | {"met": result.met} for result in results]
        print(json.dumps({"benchmark": benchmark, "machine": machine(), "met": met, "results": rows}, indent=2))
        return 0 if met else 1
    print(f"{benchmark}: {', '.join(str(value) for value in machine().values())}")
    for result in results:
        sign = "≤" if result.at_most else "≥"
        print(
            f"{'ok  ' if result.met else 'MISS'} {result.name}: {result.ours:.4g} {result.unit}, "
            f"{result.peer_name} {result.peer:.4g} {result.unit}: {result.ratio:.3f} (bar {sign} {result.bar})"
            + (f"; {result.note}" if result.note else "")
        )
    return 0 if met else 1
