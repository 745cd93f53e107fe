"""Files of trained networks: one ``.npz`` of plain arrays and a header in JSON, no pickles."""

from __future__ import annotations

import contextlib
import json
import os
import uuid
import zipfile
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from didymos.core.defects.learned_amplitude import LearnedAmplitude
from didymos.core.defects.quadratic import QuadraticMap
from didymos.core.defects.regions import RegionModel
from didymos.core.metrics.metric import FittedMetric
from didymos.schema import InputError
from didymos.twin.encoder import ACTIVATIONS, Encoder

FORMAT = "didymos twin model"
FORMAT_VERSION = 3
DAMAGE = (ValueError, KeyError, TypeError, IndexError, AttributeError)
"""What plain arrays raise that are not those of a model."""

Arrays = dict[str, NDArray[Any]]


def write(file: str | os.PathLike[str] | BinaryIO, header: dict[str, Any], arrays: Arrays) -> None:
    """Write a header and arrays.

    Parameters
    ----------
    file : path or binary file
        A path is written under a temporary name and renamed.
    header : dict
        JSON values; format and version are added.
    arrays : dict of arrays
    """
    whole = {"format": FORMAT, "format_version": FORMAT_VERSION, **header}
    arrays = {"header": np.array(json.dumps(whole)), **arrays}
    if not isinstance(file, (str, os.PathLike)):
        np.savez(file, allow_pickle=False, **arrays)
        return
    temporary = f"{os.fspath(file)}.{uuid.uuid4().hex[:12]}"
    try:
        with open(temporary, "wb") as stream:
            np.savez(stream, allow_pickle=False, **arrays)
        os.replace(temporary, file)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.remove(temporary)


def read(path: str | os.PathLike[str]) -> tuple[dict[str, Any], Arrays]:
    """Read what :func:`write` wrote.

    Parameters
    ----------
    path : path of an ``.npz`` file

    Returns
    -------
    header : dict
    arrays : dict of arrays

    Raises
    ------
    InputError
        Where the file is missing, damaged, of another kind or of a later format.
    """
    name = os.path.basename(path)
    try:
        with open(path, "rb") as stream:
            arrays = _arrays(stream)
        header = json.loads(str(arrays["header"]))
        if header["format"] != FORMAT:
            raise KeyError("format")
        version = int(header["format_version"])
    except FileNotFoundError:
        raise InputError(f"{name}: no such model file: give the folder that 'didymos analyze' wrote") from None
    except (*DAMAGE, OSError, EOFError, zipfile.BadZipFile):
        raise InputError(f"{name} is not a model of didymos or is damaged: train it again") from None
    if version > FORMAT_VERSION:
        raise InputError(f"{name} has model format {version}, this didymos reads up to {FORMAT_VERSION}: update it")
    return header, arrays


def encoder_arrays(name: str, encoder: Encoder) -> Arrays:
    """Return the arrays of an encoder under names that begin with `name`."""
    arrays = {}
    for index, (weight, bias) in enumerate(zip(encoder.weights, encoder.biases, strict=True)):
        arrays[f"{name}_weight_{index}"] = weight
        arrays[f"{name}_bias_{index}"] = bias
    return arrays


def encoder_from(name: str, layers: int, activation: str, arrays: Arrays) -> Encoder:
    """Return the encoder of :func:`encoder_arrays`, or raise one of :data:`DAMAGE`."""
    if activation not in ACTIVATIONS:
        raise ValueError(f"no activation {activation!r}")
    weights, biases = (
        tuple(np.asarray(arrays[f"{name}_{part}_{index}"], dtype=np.float64) for index in range(layers))
        for part in ("weight", "bias")
    )
    if len({len(array) for array in (*weights, *biases)}) != 1:
        raise ValueError("the parts have different numbers of members")
    return Encoder(weights, biases, activation)


def metric_arrays(metric: FittedMetric) -> Arrays:
    """Return the arrays of a metric."""
    return {
        "metric_scale": metric.scale,
        "metric_mean": metric.mean,
        "metric_projection": metric.projection,
        "metric_length": np.array(np.nan if metric.length is None else metric.length),
        "metric_kept": np.array(-1 if metric.kept is None else metric.kept),
        "metric_radius": np.array(metric.radius),
        **({} if metric.learned is None else _amplitude_arrays(metric.learned)),
    }


def metric_from(rank: int, arrays: Arrays) -> FittedMetric:
    """Return the metric of :func:`metric_arrays`, or raise one of :data:`DAMAGE`."""
    length = float(arrays["metric_length"])
    # files of the first formats know nothing of directions
    kept = int(arrays.get("metric_kept", np.array(-1)))
    return FittedMetric(
        arrays["metric_scale"],
        arrays["metric_mean"],
        arrays["metric_projection"],
        rank,
        length if np.isfinite(length) else None,
        None if kept < 0 else kept,
        float(arrays.get("metric_radius", np.array(0.0))),
        learned=_amplitude_from(arrays) if any(name.startswith("amplitude_") for name in arrays) else None,
    )


def region_arrays(regions: RegionModel) -> Arrays:
    """Return the arrays of what the score says about regions."""
    return {
        "region_score": regions.score,
        "region_beyond_majority": regions.beyond_majority,
        "region_minority": regions.minority,
    }


def region_from(arrays: Arrays) -> RegionModel | None:
    """Return the region model of :func:`region_arrays`, None where there is none, or raise one of :data:`DAMAGE`."""
    if not any(name.startswith("region_") for name in arrays):
        return None
    score, beyond, minority = (
        np.asarray(arrays[f"region_{name}"], dtype=np.float64) for name in ("score", "beyond_majority", "minority")
    )
    if not score.shape == beyond.shape == minority.shape == (len(score),) or len(score) == 0:
        raise ValueError("the curves of the regions do not fit")
    if not (np.diff(score) > 0).all() or not np.isfinite([score, beyond, minority]).all():
        raise ValueError("the curves of the regions are no curves")
    return RegionModel(score, beyond, minority)


def _amplitude_arrays(learned: LearnedAmplitude) -> Arrays:
    return {
        "amplitude_offset": learned.forms.offset,
        "amplitude_linear": learned.forms.linear,
        "amplitude_quadratic": learned.forms.quadratic,
        "amplitude_reach": np.array(learned.forms.reach),
        "amplitude_noise": learned.noise,
        "amplitude_strangeness": np.array(learned.strangeness),
    }


def _amplitude_from(arrays: Arrays) -> LearnedAmplitude:
    offset, linear, quadratic, noise = (
        np.asarray(arrays[f"amplitude_{name}"], dtype=np.float64) for name in ("offset", "linear", "quadratic", "noise")
    )
    kinds, columns = len(noise), len(linear)
    shapes = (offset.shape, linear.shape, quadratic.shape)
    if shapes != ((kinds,), (columns, kinds), (columns * (columns + 1) // 2, kinds)):
        raise ValueError("the parts of the amplitudes do not fit")
    forms = QuadraticMap(offset, linear, quadratic, float(arrays["amplitude_reach"]))
    return LearnedAmplitude(forms, noise, float(arrays["amplitude_strangeness"]))


def _arrays(stream: BinaryIO) -> Arrays:
    stored = np.load(stream, allow_pickle=False)
    if not isinstance(stored, np.lib.npyio.NpzFile):
        raise ValueError("a single array")
    with stored:
        return {key: stored[key] for key in stored.files}
