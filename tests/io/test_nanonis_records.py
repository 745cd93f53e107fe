import re

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from nanonis_writer import GridFile
from numpy.testing import assert_array_equal

from didymos.io import open_map
from didymos.schema import InputError

GRID = GridFile(columns=3, rows=4, points=6, channels=("Current (A)", "LI Demod 1 X (A)"))
CONTENT = GRID.content()
START = len(GRID.header_bytes())


def opened(folder, content):
    path = folder / "grid.3ds"
    path.write_bytes(content)
    return open_map(path)


def refused(folder, content, message):
    with pytest.raises(InputError, match=message) as caught:
        opened(folder, content)
    assert "\n" not in str(caught.value)
    assert "get the original and copy it in binary mode" in str(caught.value)


@given(end=st.integers(0, len(CONTENT)))
@example(end=START)
@example(end=START + GRID.record_bytes)
@example(end=len(CONTENT) - 1)
@settings(max_examples=200, deadline=None)
def test_cut_anywhere(tmp_path_factory, end):
    """A file that ends at any byte is either refused or all that is whole in it is read, and never a zero."""
    folder = tmp_path_factory.mktemp("cut")
    true = GRID.spectra[:, :, 1].reshape(12, -1)
    whole, rest = divmod(max(end - START, 0), GRID.record_bytes)
    try:
        flat = opened(folder, CONTENT[:end]).values.reshape(12, -1)
    except InputError:
        assert whole == 0
        return
    assert_array_equal(flat[:whole], true[:whole])
    assert np.isnan(flat[whole + bool(rest) :]).all()
    assert (np.isnan(flat) | (flat == true)).all()


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_spoilt_bytes_are_read_or_refused(tmp_path_factory, data):
    """Whatever happens to the bytes of a file, the answer is a map or one line, no other exception, no warning."""
    folder = tmp_path_factory.mktemp("spoilt")
    content = bytearray(CONTENT)
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.integers(0, len(content) - 1))
        length = data.draw(st.integers(0, 40))
        content[place : place + length] = data.draw(st.binary(max_size=40))
    try:
        array = opened(folder, bytes(content))
    except InputError as error:
        message = str(error)
    else:
        message = ""
        assert array.dims in (("y", "x", "energy"), ("point", "energy"))  # as positions say that were changed
        assert np.all(np.diff(array.energy.values) > 0)
    assert "\n" not in message


@pytest.mark.parametrize("lost", [1, 2, 3, 4, 6, 7, 9])
@pytest.mark.parametrize("place", [0.1, 0.5, 0.8])
def test_bytes_lost_inside(tmp_path, place, lost):
    at = START + int(place * (len(CONTENT) - START))
    refused(tmp_path, CONTENT[:at] + CONTENT[at + lost :], r"record \d+ of 12 does not begin|sweep limits change")


@pytest.mark.parametrize("place", [0.1, 0.5, 0.99])
def test_bytes_added_inside(tmp_path, place):
    at = START + int(place * (len(CONTENT) - START))
    refused(tmp_path, CONTENT[:at] + b"\r" + CONTENT[at:], "bytes of data, a grid of 3 x 4 records has")


@pytest.mark.parametrize("end", [5, 7, 9])
def test_bytes_lost_inside_an_aborted_grid(tmp_path, end):
    at = START + 3 * GRID.record_bytes + 50
    refused(tmp_path, CONTENT[:at] + CONTENT[at + 3 : START + end * GRID.record_bytes], "record 5 of 12")


@pytest.mark.parametrize("lost", [1, 2, 3, 5])
@pytest.mark.parametrize("size", [(1, 1), (3, 4)])
def test_bytes_lost_inside_the_last_record(tmp_path, size, lost):
    """Nothing lies behind the loss but the end of the same record: its numbers give it away."""
    columns, rows = size
    content = GridFile(columns=columns, rows=rows, points=60).content()
    at = len(content) - 400
    refused(
        tmp_path, content[:at] + content[at + lost :], f"record {columns * rows} of {columns * rows} does not begin"
    )


def rich_grid():
    """A grid whose data hold many line ends."""
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2**32, size=(4, 3, 2, 60), dtype=np.uint32) & 0xFFFF
    line_ends = np.where(rng.random(bits.shape) < 0.3, 0x0D0A, np.where(rng.random(bits.shape) < 0.3, 0x410A, bits))
    spectra = (line_ends | 0x31000000).astype(np.uint32).view(np.float32)
    return GridFile(columns=3, rows=4, points=60, channels=GRID.channels, spectra=spectra)


@pytest.mark.parametrize(
    ("convert", "cause"),
    [
        (lambda content: content.replace(b"\r\n", b"\n"), "line ends were converted"),
        (lambda content: re.sub(rb"(?<!\r)\n", b"\r\n", content), r"line ends were converted.*LF into CR LF"),
        (lambda content: content.decode("utf-8", errors="replace").encode(), "decoded as text"),
        (lambda content: content.decode("latin-1").encode(), "re-encoded as UTF-8"),
        (lambda content: re.sub(rb"[ \t\f]+(?=\r?\n)", b"", content).replace(b"\x00\x0d", b"\x00"), "bytes were lost"),
    ],
    ids=["crlf to lf", "lf to crlf", "utf-8 replacement", "latin-1 to utf-8", "stripped"],
)
@pytest.mark.parametrize("keep", [1.0, 0.6])
def test_text_conversions(tmp_path, convert, cause, keep):
    grid = rich_grid()
    content = grid.content()
    assert_array_equal(opened(tmp_path, content).values, grid.spectra[:, :, 1])
    data = content[: len(grid.header_bytes()) + int(keep * 12) * grid.record_bytes]
    refused(tmp_path, convert(data), cause)


def test_signals_far_below_any_unit_are_read(tmp_path):
    grid = GridFile(points=60)
    grid.spectra *= np.float32(1e-25)
    assert_array_equal(opened(tmp_path, grid.content()).values, grid.spectra[:, :, 1])


def test_a_file_longer_than_its_grid(tmp_path):
    refused(tmp_path, CONTENT + bytes(GRID.record_bytes), r"holds 1144 bytes of data, a grid of 3 x 4 records has 1056")


def test_sweep_limits_that_change_inside_the_grid(tmp_path):
    records = GRID.records()
    records[7:, 1] = 0.8
    refused(
        tmp_path, GRID.header_bytes() + records.tobytes(), "change inside the grid, from -0.5 to 0.5 into -0.5 to 0.8"
    )


@pytest.mark.parametrize("spoil", ["limits missing", "limits zero", "position missing", "positions zero", "drift"])
def test_sound_grids_with_odd_parameters_are_read(tmp_path, spoil):
    records = GRID.records()
    true = GRID.spectra[:, :, 1].copy()
    if spoil == "limits missing":
        records[5:7, :2] = np.nan
    elif spoil == "limits zero":
        records[5:7, :2] = 0
    elif spoil == "position missing":
        records[5, 2:4] = np.nan
    elif spoil == "positions zero":
        records[:, 2:4] = 0
    else:
        records[:, 2:4] += 3e-8 + np.linspace(0, 2e-8, 12)[:, None]
    array = opened(tmp_path, GRID.header_bytes() + records.tobytes())
    assert_array_equal(array.values, true)


def test_zeros_that_end_inside_a_record_come_as_nan(tmp_path):
    content = CONTENT[: START + 5 * GRID.record_bytes] + bytes(2 * GRID.record_bytes - 4)
    flat = opened(tmp_path, content).values.reshape(12, -1)
    assert np.isfinite(flat[:5]).all()
    assert np.isnan(flat[5:]).all()


def test_whole_values_lost_where_only_positions_can_tell(tmp_path):
    limits = {"Bias Spectroscopy>Sweep Start (V)": "-0.5", "Bias Spectroscopy>Sweep End (V)": "0.5"}
    grid = GridFile(
        header={"Fixed parameters": None, "Experiment parameters": '"X (m);Y (m)"', **limits}, center=(1e-6, 0)
    )
    content = grid.content()
    assert_array_equal(opened(tmp_path, content).values, grid.spectra[:, :, 1])
    at = len(grid.header_bytes()) + 5 * grid.record_bytes + 40
    refused(tmp_path, content[:at] + content[at + 8 :], "record 7 of 12")


def test_unmeasured_records_in_the_middle(tmp_path):
    records = GRID.records()
    records[4] = 0
    records[6] = np.nan
    flat = opened(tmp_path, GRID.header_bytes() + records.tobytes()).values.reshape(12, -1)
    assert np.isnan(flat[[4, 6]]).all()
    assert_array_equal(
        np.delete(flat, [4, 6], axis=0), np.delete(GRID.spectra[:, :, 1].reshape(12, -1), [4, 6], axis=0)
    )


def test_a_grid_without_named_parameters_takes_its_limits_from_the_header(tmp_path):
    header: dict[str, str | None] = {"Fixed parameters": '""', "Experiment parameters": '""'}
    limits = {"Bias Spectroscopy>Sweep Start (V)": "-1E-1", "Bias Spectroscopy>Sweep End (V)": "200E-3"}
    grid = GridFile(header={**header, **limits})
    array = opened(tmp_path, grid.content())
    assert_array_equal(array.values, grid.spectra[:, :, 1])
    assert (array.energy.values[0], array.energy.values[-1]) == (-100, 200)
    with pytest.raises(InputError, match="neither the records nor the header give the limits of the sweep"):
        opened(tmp_path, GridFile(header=header).content())
