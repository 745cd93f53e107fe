"""The records of a Nanonis grid: float32, big-endian, one record per pixel; what was never measured comes as NaN.

An aborted grid simply ends, at any byte, or was laid out in advance and ends in zeros. A grid that a text tool has
passed through has lost or won bytes somewhere: every record behind that position is shifted and meaningless. The
first is read, the second refused; the sweep limits, which open every record, distinguish them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from didymos.io.nanonis.file import RecordFile, Records
from didymos.io.nanonis.header import GridHeader
from didymos.schema import InputError

SMALLEST, LARGEST = 1e-30, 1e15
"""No signal of an instrument lies outside, in its SI unit; most floats read one byte off do."""


def read_records(path: Path, header: GridHeader) -> Records:
    """Survey the records of a grid and check that they have the layout of the header; spectra are read later.

    Parameters
    ----------
    path : pathlib.Path
        A ``.3ds`` file.
    header : GridHeader
        Its header.

    Returns
    -------
    Records
        Their parameters, and what reads their channels.

    Raises
    ------
    InputError
        Where the file is longer than its grid, holds no measured record, or bytes were lost or added inside.
    """
    data_bytes = path.stat().st_size - header.data_offset
    expected = 4 * header.values_per_record * header.columns * header.rows
    if data_bytes > expected:
        raise InputError(
            f"{path.name} holds {data_bytes} bytes of data, a grid of {header.columns} x {header.rows} records has "
            f"{expected}: {damage(path, header)}"
        )
    if data_bytes < 4:
        raise InputError(f"{path.name} holds a header and no spectra: nothing was measured; give another file")
    if header.columns * header.rows * header.points > max(2**24, 256 * data_bytes):
        raise InputError(
            f"the header of {path.name} announces {header.columns} x {header.rows} spectra, the file has room for "
            f"{data_bytes // (4 * header.values_per_record)}: the header is damaged; copy the file again"
        )
    file = RecordFile(path, header, data_bytes // 4)
    records = _survey(file)
    if not records.written.any():
        raise InputError(f"{path.name} holds records of zeros or NaN only: nothing was measured; give another file")
    _check_alignment(path, records)
    return records


def _survey(file: RecordFile) -> Records:
    """Read the parameters of all records and count the measured values of each.

    Records of zeros or NaN only were laid out in advance.
    """
    header, count = file.header, file.header.columns * file.header.rows
    named = len(header.parameters)
    parameters = np.full((count, named), np.nan, dtype=np.float32)
    empty, zero = np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
    for strip in file.strips():
        window = file.window(strip.start, strip.stop)
        # parameters first: the rest of the record is not read where they are numbers other than zero
        head = window[:, : max(named, 1)]
        parameters[strip] = window[:, :named]
        # bits, not numbers: the comparison warns of the signalling NaNs that damaged files hold
        for index in np.flatnonzero(~head.view(">u4").any(axis=1)):
            zero[strip.start + index] = not window[index].view(">u4").any()
        for index in np.flatnonzero(np.isnan(head).all(axis=1)):
            empty[strip.start + index] = np.isnan(window[index]).all()
    written = _written(file, zero)
    written[empty] = 0
    parameters[np.arange(named) >= written[:, None]] = np.nan
    return Records(file, written, parameters)


def _written(file: RecordFile, zero: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Count the values of each record that stand in the file, up to the zeros laid out in advance."""
    size = file.header.values_per_record
    full, rest = divmod(file.size, size)
    written = np.zeros(zero.size, dtype=np.int64)
    written[:full] = size
    if rest:
        written[full] = rest
    written[zero] = 0
    ends = np.flatnonzero((written[:-1] > 0) & (written[1:] == 0))
    last = int(ends[-1]) if ends.size else -1
    if last >= 0 and last + 1 < file.count:
        # the measurement stopped inside this record: the zeros at its end were laid out in advance, too
        nonzero = np.flatnonzero(file.window(last, last + 1)[0].view(">u4"))
        if size - 1 - nonzero[-1] >= 2:
            written[last] = nonzero[-1] + 1
    return written


def sweep_limits(records: Records) -> NDArray[np.float64]:
    """Return the sweep start and end of each record, shape (record, 2), NaN where not measured."""
    limits = np.full((records.count, 2), np.nan)
    for position, name in enumerate(("Sweep Start", "Sweep End")):
        values = records.parameter(name)
        if values is not None:
            limits[:, position] = values
    # a record whose limits are both zero was not swept; it does not define the axis
    limits[(limits == 0).all(axis=1)] = np.nan
    return limits


def _check_alignment(path: Path, records: Records) -> None:
    off = _first_invalid_record(records)
    if off is not None:
        raise InputError(
            f"{path.name}: record {off + 1} of {records.count} does not begin with the parameters of a record: "
            f"{damage(path, records.header)}"
        )
    limits = sweep_limits(records)
    finite = limits[np.isfinite(limits).all(axis=1)]
    if finite.size and records.header.sweep_signal.casefold().startswith("bias"):
        span = abs(finite[0, 1] - finite[0, 0])
        other = np.flatnonzero((np.abs(finite - finite[0]) > 1e-3 * span).any(axis=1))
        if span > 0 and other.size:
            start, stop = finite[other[0]]
            raise InputError(
                f"{path.name}: the sweep limits change inside the grid, from {finite[0, 0]:g} to {finite[0, 1]:g} into "
                f"{start:g} to {stop:g}: {damage(path, records.header)}"
            )


def _first_invalid_record(records: Records) -> int | None:
    """Return the first record that holds numbers no instrument writes, None where all are sound."""
    limits = sweep_limits(records)
    invalid = _nonsense(limits).any(axis=1)
    if np.isnan(limits).all():
        invalid |= _far_from_frame(records)
    if invalid.any():
        return int(np.flatnonzero(invalid)[0])
    # lost bytes in the last record shift nothing behind it: check the numbers at its end
    for index in np.flatnonzero(records.written)[-2:]:
        stop = int(records.written[index])
        for length in (8, 32, 128):
            tail = _tail(records, int(index), stop, length)
            # a signal that is that small everywhere is sound
            if (
                tail.size >= 8
                and tail.mean() > 0.25
                and not (index > 1 and _tail(records, 0, stop, length).mean() > 0.1)
            ):
                return int(index)
    return None


def _tail(records: Records, index: int, stop: int, length: int) -> NDArray[np.bool_]:
    """Return which of the values before position `stop` of a record are meaningless."""
    record = records.file.window(index, index + 1)[0]
    with np.errstate(invalid="ignore"):
        return _nonsense(record[max(stop - length, 0) : stop].astype(np.float64))


def _far_from_frame(records: Records) -> NDArray[np.bool_]:
    frame = records.header.frame
    x, y = records.parameter("X (m)"), records.parameter("Y (m)")
    if x is None or y is None or max(frame.size) <= 0:
        return np.zeros(records.count, dtype=bool)
    offset = np.abs(np.stack([x, y], axis=1) - frame.center).max(axis=1)
    # drift correction carries positions out of the frame, some simulators leave them all at zero: only a jump counts
    first = float(offset[0]) if np.isfinite(offset[0]) else np.inf
    return np.asarray(offset > 20 * max(*frame.size, first), dtype=bool)


def _nonsense(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    size = np.abs(values)
    return np.asarray((size > 0) & (size < SMALLEST) | (size > LARGEST), dtype=bool)


def damage(path: Path, header: GridHeader) -> str:
    """Say what most likely happened to a file whose records are not where they should be, and what to do."""
    with path.open("rb") as file:
        file.seek(header.data_offset)
        data = file.read(2**22)
    if data.count(b"\xef\xbf\xbd") > len(data) / 1000:
        cause = "the data were decoded as text (UTF-8 replacement characters)"
    elif _is_text(data):
        cause = "the data were re-encoded as UTF-8 text"
    elif header.line_end != b"\r\n":
        cause = "line ends were converted as if it were text"
    elif data.count(b"\n") > 16 and data.count(b"\r\n") == data.count(b"\n"):
        cause = "line ends were converted as if it were text (LF into CR LF)"
    else:
        cause = "bytes were lost or added inside, as text tools do"
    return f"{cause}; get the original and copy it in binary mode"


def _is_text(data: bytes) -> bool:
    try:
        # the last characters may be cut by the limit of what was read
        text = data[: max(len(data) - 4, 0)].decode("utf-8")
    except UnicodeDecodeError:
        return False
    return not text.isascii()
