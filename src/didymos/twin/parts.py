"""The parts of models and estimators as plain arrays: metric and stages."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from didymos.core.metrics.linear import LinearMetric
from didymos.core.noise.set_point import SetPoint
from didymos.core.noise.stabilisation import Stabilisation
from didymos.twin.archive import Arrays, encoder_arrays, encoder_from
from didymos.twin.embedding_stage import EmbeddingStage
from didymos.twin.example_score import ExampleScore
from didymos.twin.score_stage import ScoreStage


def metric_arrays(metric: LinearMetric) -> Arrays:
    """Return the arrays of a metric."""
    arrays: Arrays = {
        "metric_scale": metric.scale,
        "metric_mean": metric.mean,
        "metric_projection": metric.projection,
    }
    if (noise := metric.stabilisation) is not None:
        arrays |= {"noise_slope": np.array(noise.slope), "noise_offset": noise.offset, "noise_least": noise.least}
    if (point := metric.set_point) is not None:
        flags = np.array([point.gain, point.offset, point.least_gain], dtype=np.float64)
        arrays |= {"set_point_usual": point.usual, "set_point_weight": point.weight, "set_point_flags": flags}
    return arrays


def metric_from(rank: int, arrays: Arrays) -> LinearMetric:
    """Return the metric of :func:`metric_arrays`, or raise one of :data:`didymos.twin.archive.DAMAGE`."""
    scale = arrays["metric_scale"]
    return LinearMetric(
        scale,
        arrays["metric_mean"],
        arrays["metric_projection"],
        rank,
        _stabilisation(arrays, scale) if "noise_slope" in arrays else None,
        _set_point(arrays, scale) if "set_point_usual" in arrays else None,
    )


def _stabilisation(arrays: Arrays, scale: NDArray[np.float64]) -> Stabilisation:
    slope, offset, least = float(arrays["noise_slope"]), arrays["noise_offset"], arrays["noise_least"]
    if not offset.shape == least.shape == scale.shape or not (least > 0).all() or not np.isfinite(slope) or not slope:
        raise ValueError("the noise that depends on the signal does not fit")
    return Stabilisation(slope, offset, least)


def _set_point(arrays: Arrays, scale: NDArray[np.float64]) -> SetPoint:
    usual, weight = arrays["set_point_usual"], arrays["set_point_weight"]
    gain, offset, least = (float(value) for value in arrays["set_point_flags"])
    if not usual.shape == weight.shape == scale.shape or not (weight > 0).all() or not least > 0:
        raise ValueError("gain and offset of the spectra do not fit")
    return SetPoint(usual, weight, bool(gain), bool(offset), least)


def embedding_arrays(stage: EmbeddingStage) -> Arrays:
    """Return the arrays of the first twin."""
    return {"embedding_scale": np.array(stage.scale), **encoder_arrays("embedding", stage.encoder)}


def embedding_from(header: dict[str, Any], arrays: Arrays) -> EmbeddingStage:
    """Return the first twin of :func:`embedding_arrays`; `header` holds its layers and activation."""
    encoder = encoder_from("embedding", int(header["layers"]), str(header["activation"]), arrays)
    scale = float(arrays["embedding_scale"])
    if not 0 < scale < np.inf:
        raise ValueError("the scale of the features is no length")
    return EmbeddingStage(encoder, scale)


def score_arrays(stage: ScoreStage) -> Arrays:
    """Return the arrays of the second twin."""
    return {
        "score_centre": np.asarray(stage.centre),
        "score_unit": np.asarray(stage.unit),
        **encoder_arrays("score", stage.encoder),
    }


def score_from(header: dict[str, Any], arrays: Arrays) -> ScoreStage:
    """Return the second twin of :func:`score_arrays`; `header` holds its layers and activation."""
    encoder = encoder_from("score", int(header["layers"]), str(header["activation"]), arrays)
    if len(arrays["score_unit"]) != encoder.members or len(arrays["score_centre"]) != encoder.members:
        raise ValueError("the parts have different numbers of members")
    centre, unit = (np.asarray(arrays[f"score_{name}"], dtype=np.float64) for name in ("centre", "unit"))
    if not np.isfinite(centre).all() or not ((unit > 0) & (unit < np.inf)).all():
        raise ValueError("centre and unit of the score are not finite")
    return ScoreStage(encoder, centre, unit)


def example_arrays(score: ExampleScore) -> Arrays:
    """Return the arrays of a score from examples."""
    return {"example_like": score.like, "example_unlike": score.unlike}


def example_from(arrays: Arrays) -> ExampleScore:
    """Return the score of :func:`example_arrays`."""
    like, unlike = (np.asarray(arrays[f"example_{name}"], dtype=np.float64) for name in ("like", "unlike"))
    if like.ndim != 3 or unlike.ndim != 3 or like.shape[::2] != unlike.shape[::2] or not like.size * unlike.size:
        raise ValueError("the parts of the score do not fit")
    if not np.isfinite(like).all() or not np.isfinite(unlike).all():
        raise ValueError("the parts of the score are not finite")
    return ExampleScore(like, unlike)


def shape_of(stage: EmbeddingStage | ScoreStage) -> dict[str, Any]:
    """Return what the header of a file says of a stage."""
    return {"layers": len(stage.encoder.weights), "activation": stage.encoder.activation}
