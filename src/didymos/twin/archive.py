"""Files of trained networks: one ``.npz`` of plain arrays and a header in JSON, no pickles."""

from __future__ import annotations

import contextlib
import json
import math
import os
import uuid
import zipfile
import zlib
from typing import IO, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from didymos.schema import InputError
from didymos.schema.given import check_path
from didymos.schema.suggestions import did_you_mean, files_beside
from didymos.twin.training.encoder import ACTIVATIONS, Encoder

FORMAT = "didymos twin model"
FORMAT_VERSION = 4
"""Files of an earlier format hold networks of another method and are refused."""

DAMAGE = (ValueError, KeyError, TypeError, IndexError, AttributeError)
"""What plain arrays raise that are not those of a model."""

LARGEST_MODEL = 512_000_000
"""Bytes of all arrays of a model; one of 10,000 energies and a rank of 100 has 10 MB."""

PLAIN = "fiubU"
"""Kinds of numpy types that a model holds: real numbers, and text such as names of features."""

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
    if hasattr(file, "write"):
        np.savez(file, allow_pickle=False, **arrays)
        return
    check_path(file, "the model")
    temporary = f"{os.fspath(file)}.{uuid.uuid4().hex[:12]}"
    try:
        with open(temporary, "wb") as stream:
            np.savez(stream, allow_pickle=False, **arrays)
        os.replace(temporary, file)
    except (FileNotFoundError, PermissionError, NotADirectoryError, IsADirectoryError) as error:
        raise InputError(f"cannot write {file}: {error.strerror or error}; choose another folder or name") from error
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
    check_path(path, "a model")
    name = os.path.basename(os.path.abspath(path))
    if os.path.isdir(path):
        raise InputError(f"{path} is a folder; a model is a file: name the .npz file in it")
    try:
        with open(path, "rb") as stream:
            arrays = _arrays(stream)
        header = json.loads(str(arrays["header"]))
        if header["format"] != FORMAT:
            raise KeyError("format")
        version = int(header["format_version"])
    except FileNotFoundError:
        near = did_you_mean(name, files_beside(path))
        raise InputError(f"{path}: no such model file: give the folder that 'didymos analyze' wrote{near}") from None
    except (*DAMAGE, OSError, EOFError, NotImplementedError, zipfile.BadZipFile, zlib.error):
        raise InputError(f"{name} is not a model of didymos or is damaged: give a model.npz or train again") from None
    if version < FORMAT_VERSION:
        raise InputError(
            f"{name} has model format {version} of an earlier didymos, this one reads {FORMAT_VERSION}: train it again"
        )
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
    if not all(np.isfinite(array).all() for array in (*weights, *biases)):
        raise ValueError("the weights are not finite")
    return Encoder(weights, biases, activation)


def check_kind(path: str | os.PathLike[str], found: object, wanted: str) -> None:
    """Refuse a file that holds something else, in one line."""
    if found != wanted:
        raise InputError(f"{os.path.basename(path)} holds a {found}, not a {wanted}: read the file as a {found}")


def damaged(path: str | os.PathLike[str]) -> InputError:
    """Return the error of a file whose parts do not fit."""
    return InputError(f"{os.path.basename(path)} is damaged, parts of the model do not fit: train it again")


def _arrays(stream: BinaryIO) -> Arrays:
    """Read the arrays of a model; what they claim is checked in the directory before anything is read."""
    with zipfile.ZipFile(stream) as archive:
        entries = archive.infolist()
        if sum(entry.file_size for entry in entries) > LARGEST_MODEL:
            raise ValueError("larger than any model")
        for entry in entries:
            with archive.open(entry) as member:
                _check_array(entry, member)
    stream.seek(0)
    stored = np.load(stream, allow_pickle=False)
    with stored:
        arrays = {key: stored[key] for key in stored.files}
    if not all(np.isfinite(array).all() for array in arrays.values() if array.dtype.kind == "f"):
        raise ValueError("numbers that are not finite")
    return arrays


def _check_array(entry: zipfile.ZipInfo, member: IO[bytes]) -> None:
    """Refuse an array of anything but real numbers and text, or whose size is not the one it claims."""
    # numpy's own type: a header is read, no array
    version = np.lib.format.read_magic(member)
    read_header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[version]
    shape, _, kind = read_header(member)
    size = math.prod(shape) * kind.itemsize
    if not entry.filename.endswith(".npy") or kind.kind not in PLAIN or size != entry.file_size - member.tell():
        raise ValueError(f"{entry.filename} is no array of a model")
