"""How much depends on every number that steers the search: each is halved and doubled, one at a time.

The numbers are those of `PopulationSettings` with the settings within them, and of `PhaseSettings`. The maps are those
of `_families` and `_families_more`, with and without rare defects, and those of `suite`. Preparation and metric are
computed once for every map. Integers are rounded and stay at least 1. A number under 1 is a share or a probability and
stays under 1: where its double would not, half of what it lacks to 1 is added.

The first table shows what a change does to the mean average precision (AP) of finding true amplitudes over 0.5 among
those under 0.02, to the number of maps whose population is missed, and to that of maps where one is claimed wrongly.
The AP is that of the amplitude, before any network, or of the distance where no population is found; an artefact counts
as the lowest. The second table shows what a change of `PhaseSettings` does to the mean adjusted Rand index of the maps
with known phases, to the number of these maps with a wrong number of phases, and to that of the others with more than
one phase. "Changes nothing" marks a number whose changes leave every p-value, core, amplitude, kind and phase the same.

Target (``--check`` exits 1 where it is missed): no number, halved or doubled, takes more than 0.02 from the mean AP or
from the mean Rand index. The results then do not hang on the exact value of any number.

Run with ``python benchmarks/sensitivity.py [--check] [--seeds N] [--only NAME] [--without-suite] [--markdown FILE]
[--workers N]``.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import adjusted_rand_score
from threadpoolctl import threadpool_limits

import _families_more
from _figures import DEFECT, precision
from _maps import TrueMap, own_maps
from didymos.core.defects.amplitude import Amplitudes, find_amplitudes
from didymos.core.defects.settings import AmplitudeSettings
from didymos.core.evidence.phases import PhaseSettings, find_phases
from didymos.core.evidence.population import Population, find_population
from didymos.core.evidence.settings import PopulationSettings
from didymos.workflow import Settings, fit_metric, prepare
from didymos.workflow.features import Features
from didymos.workflow.points import Points

LARGEST_LOSS = 0.02
"""What a change takes from a mean at most."""

UNDEFINED = float("nan")
Found = tuple[Population, Amplitudes | None]
Row = list[tuple[float, float, float, bool]]
"""For the usual settings and then for every change: the three figures of a table, and whether anything is different."""


@dataclass(frozen=True)
class Number:
    """A number that steers a search: "name", or "settings.name" where it belongs to settings within others."""

    name: str
    value: float

    @property
    def changed(self) -> tuple[float, float]:
        """The number halved and doubled."""
        if isinstance(self.value, int):
            return max(1, round(self.value / 2)), 2 * self.value
        stays_under_1 = self.value < 1 <= 2 * self.value
        return self.value / 2, (1 + self.value) / 2 if stays_under_1 else 2 * self.value


@dataclass(frozen=True)
class Table:
    """What is printed about the numbers of some settings.

    Attributes
    ----------
    usual : PopulationSettings or PhaseSettings
    titles : tuple of str
        Of the three figures: the first is averaged over the maps, the others are counted.
    rows : sequence of Row
        One for each map.
    """

    usual: Any
    titles: tuple[str, str, str]
    rows: Sequence[Row]

    def figures(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the figures of all maps together, and whether anything is different; one entry for each change."""
        values = np.array([[entry[:3] for entry in row] for row in self.rows])
        defined = np.isfinite(values)
        total = np.where(defined, values, 0.0).sum(axis=0)
        total[:, 0] /= np.maximum(defined.sum(axis=0)[:, 0], 1)
        return total, np.any([[entry[3] for entry in row] for row in self.rows], axis=0)

    @property
    def reference(self) -> str:
        """The figures with the usual settings."""
        values = np.array([row[0][:3] for row in self.rows])
        counts = np.isfinite(values).sum(axis=0)
        mean, *others = self.figures()[0][0]
        text = f"{type(self.usual).__name__} as usual: mean {self.titles[0]} {mean:.4f} on {counts[0]} maps"
        for title, value, count in zip(self.titles[1:], others, counts[1:], strict=True):
            text += f"; {title} {value:.0f} of {count}"
        return text

    @property
    def cells(self) -> list[list[str]]:
        """The titles of the columns, then a line for each number."""
        mean, *counts = self.titles
        lines = [["number", "value", f"halved: {mean}", *counts, f"doubled: {mean}", *counts, ""]]
        figures, different = self.figures()
        for place, number in enumerate(numbers(self.usual)):
            line = [number.name, f"{number.value:g}"]
            for change in (2 * place + 1, 2 * place + 2):
                differences = figures[change] - figures[0]
                line += [_signed(differences[0], 4), *(_signed(each, 0) for each in differences[1:])]
            nothing = not different[2 * place + 1 : 2 * place + 3].any()
            lines.append([*line, "changes nothing" if nothing else ""])
        return lines

    @property
    def largest_loss(self) -> tuple[float, str]:
        """What a change takes from the mean at most, and the number that was changed."""
        figures = self.figures()[0]
        losses = (figures[0, 0] - figures[1:, 0]).reshape(-1, 2).max(axis=1)
        return float(losses.max()), numbers(self.usual)[int(losses.argmax())].name


def _signed(difference: float, digits: int) -> str:
    return f"{difference:+.{digits}f}" if round(difference, digits) else "0"


def main() -> int:
    """Search, print the tables, check the target."""
    parser = argparse.ArgumentParser(description="how much depends on every number that steers the search")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--only", default="", help="part of the name of a family or of a surface")
    parser.add_argument("--without-suite", action="store_true", help="the families alone")
    parser.add_argument("--markdown", type=Path, help="file to write the tables into")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    cases = [build for name, build in maps(options.seeds, not options.without_suite) if options.only in name]
    if not cases:
        parser.error(f"no map has {options.only!r} in its name")
    start = time.perf_counter()
    found = []
    # a process that is forked inherits the locks of threads that it does not have
    with ProcessPoolExecutor(options.workers, get_context("spawn"), threadpool_limits, (1,)) as pool:
        for row in pool.map(measured, cases):
            found.append(row)
            print(f"{len(found)} of {len(cases)} maps, {time.perf_counter() - start:.0f} s", file=sys.stderr)
    search = Table(PopulationSettings(), ("AP", "missed", "claimed wrongly"), [row for row, _ in found])
    phases = Table(PhaseSettings(), ("Rand index", "wrong number", "too many"), [row for _, row in found])
    for table in (search, phases):
        print(f"\n{table.reference}\n\n{plain(table.cells)}")
    if options.markdown:
        parts = (f"{table.reference}:\n\n{markdown(table.cells)}\n" for table in (search, phases))
        options.markdown.write_text("\n".join(parts), "utf-8")
    return 0 if judge((search, phases)) or not options.check else 1


def judge(tables: Sequence[Table]) -> bool:
    """Print the largest losses; return whether the target is met."""
    print()
    met = True
    for table in tables:
        loss, name = table.largest_loss
        met &= (holds := loss <= LARGEST_LOSS)
        text = f"largest loss of the mean {table.titles[0]} ({name})"
        print(f"{text:<60}{loss:>8.3f}  at most {LARGEST_LOSS}: {'met' if holds else 'MISSED'}")
    print("targets met" if met else "targets missed")
    return met


def maps(seeds: int, suite: bool) -> Iterator[tuple[str, Callable[[], TrueMap]]]:
    """Yield the name of every family and surface, and what simulates a map of it."""
    for seed in range(1, seeds + 1):
        for family in _families_more.ALL:
            for defects in (True, False):
                yield family.__name__, partial(family, seed, defects)
    if suite:
        yield from own_maps(seeds, without_defects=True)


def numbers(settings: Any, prefix: str = "") -> list[Number]:
    """Return the numbers of settings, and those of settings within them; no tuples."""
    found = []
    for field in fields(settings):
        name, value = prefix + field.name, getattr(settings, field.name)
        if is_dataclass(value):
            found += numbers(value, f"{name}.")
        elif isinstance(value, int | float):
            found.append(Number(name, value))
    return found


def changes(settings: Any) -> list[Any]:
    """Return the settings with every number halved, and doubled, one at a time."""
    return [_replaced(settings, number.name, value) for number in numbers(settings) for value in number.changed]


def _replaced(settings: Any, name: str, value: float) -> Any:
    outer, _, inner = name.partition(".")
    return replace(settings, **{outer: _replaced(getattr(settings, outer), inner, value) if inner else value})


def measured(build: Callable[[], TrueMap]) -> tuple[Row, Row]:
    """Return what the usual settings find on a map, and every change of these: of populations, and of phases."""
    case = build()
    points = prepare(case.data, Settings())
    features = fit_metric(points, Settings())
    even, neighbourhood = features.at_usual_noise, points.neighbourhood
    usual = searched(points, features, PopulationSettings())
    population, amplitudes = usual
    populations: Row = [(*_of_population(case, points, features, amplitudes), False)]
    for settings in changes(PopulationSettings()):
        found = searched(points, features, settings)
        populations.append((*_of_population(case, points, features, found[1]), _differ(usual, found)))
    rare = population.core if amplitudes is None else ~amplitudes.background & ~amplitudes.ambiguous
    first = find_phases(even, rare, neighbourhood)
    phases: Row = [(*_of_phases(case, points, first), False)]
    for settings in changes(PhaseSettings()):
        phase = find_phases(even, rare, neighbourhood, settings=settings)
        phases.append((*_of_phases(case, points, phase), not np.array_equal(first, phase)))
    return populations, phases


def searched(points: Points, features: Features, settings: PopulationSettings) -> Found:
    """Return the population and, where it is distinct, the amplitudes."""
    even, noise = features.at_usual_noise, features.metric.noise_covariance
    population = find_population(even, points.neighbourhood, noise=noise, settings=settings)
    if not population.distinct:
        return population, None
    steered = AmplitudeSettings(population=settings)
    return population, find_amplitudes(even, population, points.neighbourhood, settings=steered)


def _differ(one: Found, two: Found) -> bool:
    """Return whether anything differs between two searches: p-value, cores, amplitudes or kinds."""
    first, second = ([p.p_value, p.label, *((a.value, a.kind) if a else ())] for p, a in (one, two))
    return len(first) != len(second) or not all(map(np.array_equal, first, second))


def _of_population(
    case: TrueMap, points: Points, features: Features, amplitudes: Amplitudes | None
) -> tuple[float, float, float]:
    """Return the AP, whether a population is missed, and whether one is claimed wrongly."""
    if not (case.amplitude[case.sound] > DEFECT).any():
        return UNDEFINED, UNDEFINED, float(amplitudes is not None)
    value = features.distance if amplitudes is None else amplitudes.value
    score = np.full(len(case.sound), value.min() - 1)
    score[points.usable] = value
    return precision(case.amplitude[case.sound], score[case.sound]), float(amplitudes is None), UNDEFINED


def _of_phases(case: TrueMap, points: Points, phase: np.ndarray) -> tuple[float, float, float]:
    """Return the Rand index, whether the number of phases is wrong, and whether there are too many."""
    if case.phase is None:
        return UNDEFINED, UNDEFINED, float(phase.max() > 1)
    true = case.phase[points.usable]
    rand = adjusted_rand_score(true[true > 0], phase[true > 0])
    return float(rand), float(phase.max() != case.phase.max()), UNDEFINED


def plain(cells: list[list[str]]) -> str:
    """Return a table in columns."""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    form = f"{{:<{widths[0]}}}" + "".join(f"  {{:>{width}}}" for width in widths[1:])
    return "\n".join(form.format(*line).rstrip() for line in cells)


def markdown(cells: list[list[str]]) -> str:
    """Return a table in Markdown, numbers at the right."""
    rule = ["---", *["---:"] * (len(cells[0]) - 2), "---"]
    lines = [cells[0], rule, *([f"`{line[0]}`", *line[1:]] for line in cells[1:])]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
