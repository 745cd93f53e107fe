"""Examples picked at random: how well the spectra like them are found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import average_precision_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from _figures import CLEAR, DEFECT, clear
from _maps import TrueMap
from didymos.twin.training.compilation import Compiler
from didymos.workflow import Settings, fit_metric, prepare, similarity_of, train_twins
from didymos.workflow.evidence import Evidence
from didymos.workflow.features import Features
from didymos.workflow.points import Points, with_examples

REACHED = 0.99
"""A kind counts where the discriminant trained on the truth reaches this AP."""


def few_shot(case: TrueMap, draws: int, settings: Settings | None = None) -> list[dict[str, Any]]:
    """Return for every kind of a map the AP of every draw of examples, and that of the discriminant."""
    chosen = settings or Settings(similarity="examples")
    points = prepare(case.data, chosen)
    features = fit_metric(points, chosen)
    found = []
    with Compiler() as compiler:
        for kind in np.unique(case.kind[(case.amplitude > DEFECT) & case.sound & points.usable]):
            row: dict[str, Any] = {"kind": int(kind), "ceiling": _ceiling(case, points, features, kind)}
            for shots in (3, 1):
                row[f"{shots}"] = [
                    _precision(case, points, features, kind, example, chosen, compiler)
                    for example in _drawn(case, points, kind, shots, draws)
                ]
            line = ", ".join(
                f"{shots} + {shots}: mean {np.mean(row[shots]):.3f}, worst {min(row[shots]):.3f}"
                for shots in ("3", "1")
            )
            print(f"{'':>6}kind {kind}: discriminant {row['ceiling']:.3f}; {line}", flush=True)
            found.append(row)
    return found


def judged(shots: dict[str, list[dict[str, Any]]]) -> bool:
    """Print which targets are met."""
    rows = [row for kinds in shots.values() for row in kinds if row["ceiling"] >= REACHED]
    if not rows:
        return True
    means = np.array([np.mean(row["3"]) for row in rows])
    ones = float(np.mean([np.mean(row["1"]) for row in rows]))
    targets = (
        ("share of the kinds with a mean of 0.99 (3 + 3)", float(np.mean(means >= REACHED)), 0.95),
        ("worst mean of a kind (3 + 3)", float(means.min()), 0.95),
        ("mean AP (1 + 1)", ones, 0.95),
    )
    print(f"{len(rows)} kinds whose discriminant reaches {REACHED}: mean AP (3 + 3) {means.mean():.4f}")
    met = True
    for name, value, bound in targets:
        met &= value >= bound
        print(f"{name:<60}{value:>8.4f}  at least {bound:.4f}: {'met' if value >= bound else 'MISSED'}")
    return met


def _drawn(case: TrueMap, points: Points, kind: int, shots: int, draws: int) -> Iterator[dict[str, list[Any]]]:
    """Yield tables of examples, drawn at random."""
    random = np.random.default_rng(kind)
    good = case.sound & points.usable
    own = np.flatnonzero(good & (case.kind == kind) & (case.amplitude > DEFECT))
    background = np.flatnonzero(good & (case.amplitude < CLEAR))
    columns = points.map.shape[1]
    for _ in range(draws):
        chosen = [
            *random.choice(own, min(shots, len(own)), replace=False),
            *random.choice(background, shots, replace=False),
        ]
        label = ["defect"] * (len(chosen) - shots) + ["majority"] * shots
        row, column = np.divmod(chosen, columns)
        yield {"row": row.tolist(), "column": column.tolist(), "label": label}


def _precision(
    case: TrueMap,
    points: Points,
    features: Features,
    kind: int,
    examples: dict[str, list[Any]],
    settings: Settings,
    compiler: Compiler,
) -> float:
    labelled = with_examples(points, examples)
    similarity = similarity_of(labelled, features, Evidence.none(len(features.values)), settings)
    score = train_twins(labelled, features, similarity, settings, compiler=compiler).prediction.score
    own, some = _classes(case, points, kind)
    return float(average_precision_score(own[some], score[some]))


def _classes(case: TrueMap, points: Points, kind: int) -> tuple[np.ndarray, np.ndarray]:
    """Return which usable spectra are defects of a kind, and which count."""
    amplitude, sound = case.amplitude[points.usable], case.sound[points.usable]
    own = (amplitude > DEFECT) & (case.kind[points.usable] == kind)
    return own, clear(amplitude) & sound


def _ceiling(case: TrueMap, points: Points, features: Features, kind: int) -> float:
    """Return the AP of a linear discriminant trained on the truth, with cross-validation."""
    own, some = _classes(case, points, kind)
    folds = StratifiedKFold(min(5, int(own[some].sum())), shuffle=True, random_state=0)
    if folds.n_splits < 2:
        return float("nan")
    guess = cross_val_predict(
        LinearDiscriminantAnalysis(), features.values[some], own[some], cv=folds, method="decision_function"
    )
    return float(average_precision_score(own[some], guess))
