import pytest
from nanonis_writer import GridFile
from numpy.testing import assert_array_equal

from didymos.io import open_map
from didymos.io.nanonis.header import header_entries, read_header, to_number
from didymos.schema import InputError


def reads(tmp_path, grid):
    """Write the grid, check that the reader finds its spectra, and return the map."""
    array = open_map(grid.write(tmp_path / "grid.3ds"))
    assert_array_equal(array.values, grid.spectra[:, :, 1])
    return array


def test_an_old_header(tmp_path):
    lacking = ("Filetype", "Delay before measuring (s)", "Start time", "End time", "Comment", "User")
    array = reads(tmp_path, GridFile(header=dict.fromkeys(lacking) | {"Date": '"04.06.2016 20:13:23"'}))
    assert array.attrs["date"] == "04.06.2016 20:13:23"


def test_sizes_that_the_header_leaves_out_are_counted(tmp_path):
    reads(tmp_path, GridFile(header={"# Parameters (4 byte)": None, "Experiment size (bytes)": None}))


def test_a_quoted_comment_over_several_lines(tmp_path):
    array = reads(tmp_path, GridFile(header={"Comment": '"first = 1\r\nsecond; third\r\nfourth"'}))
    assert array.attrs["comment"] == "first = 1\nsecond; third\nfourth"


def test_a_bare_line_feed_inside_the_header(tmp_path):
    array = reads(tmp_path, GridFile(header={"Comment": "first\nsecond"}))
    assert array.attrs["comment"] == "first\nsecond"


def test_a_lone_quotation_mark_does_not_swallow_the_header(tmp_path):
    array = reads(tmp_path, GridFile(header={"Comment": '"unclosed', "Lock-in>Amplitude": "2E-3"}))
    assert array.attrs["lockin_amplitude"] == 2e-3


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_header_that_is_not_utf8(tmp_path, encoding):
    array = reads(tmp_path, GridFile(header={"Comment": '"5 µm, 45°, Müller"'}, encoding=encoding))
    assert array.attrs["comment"] == "5 µm, 45°, Müller"


def test_a_byte_order_mark(tmp_path):
    grid = GridFile()
    (tmp_path / "grid.3ds").write_bytes(b"\xef\xbb\xbf" + grid.content())
    assert_array_equal(open_map(tmp_path / "grid.3ds").values, grid.spectra[:, :, 1])


def test_the_harmonics_of_the_demodulators(tmp_path):
    header: dict[str, str | None] = {"Lock-in>Harmonic D1": "2", "Lock-in>Harmonic D2": "1"}
    grid = GridFile(channels=("LI Demod 1 X (A)", "LI Demod 2 X (A)"), header=header)
    assert reads(tmp_path, grid).attrs["channel"] == "LI Demod 2 X (A)"


def test_line_ends_of_a_unix_writer(tmp_path):
    reads(tmp_path, GridFile(line_end="\n"))


def test_the_first_of_repeated_keys_counts(tmp_path):
    array = reads(tmp_path, GridFile(raw_lines=("Lock-in>Amplitude=1E-3", "Lock-in>Amplitude=7E-3", "Points=99")))
    assert array.attrs["lockin_amplitude"] == 1e-3


def test_equals_signs_inside_values(tmp_path):
    array = reads(tmp_path, GridFile(header={"Comment": '"a=b; c==d"'}))
    assert array.attrs["comment"] == "a=b; c==d"


def test_decimal_commas(tmp_path):
    settings = "3,0E-8;-2,0E-8;8,0E-9;6,0E-9;1,5E+1"
    array = reads(tmp_path, GridFile(angle=15.0, header={"Grid settings": settings}))
    assert array.attrs["frame_angle"] == 15.0
    assert array.attrs["pixel_order"] == "by the recorded X and Y"


@pytest.mark.parametrize(
    ("text", "number"), [("1.5E-3", 1.5e-3), ("1,5E-3", 1.5e-3), ('"7"', 7.0), ("N/A", None), ("", None)]
)
def test_numbers(text, number):
    assert to_number(text) == number


def test_entries_in_lower_case_without_quotes():
    text = 'Grid dim="3 x 2"\r\nComment="a\nb"\rUser=\r\nstray\nPoints=5\r\npoints=6'
    assert header_entries(text) == {"grid dim": "3 x 2", "comment": "a\nb", "user": "stray", "points": "5"}


def test_unquoted_lists(tmp_path):
    header: dict[str, str | None] = {"Channels": "Current (A);LI Demod 1 X (A);LI Demod 1 Y (A)", "Grid dim": "4 x 3"}
    path = GridFile(header=header).write(tmp_path / "grid.3ds")
    assert read_header(path).channels == ("Current (A)", "LI Demod 1 X (A)", "LI Demod 1 Y (A)")


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ({"Experiment size (bytes)": "100"}, r"'experiment size \(bytes\)' as '100' where there are 96"),
        ({"# Parameters (4 byte)": "9"}, r"'# parameters \(4 byte\)' as '9' where there are 10 parameters named"),
        ({"Points": None}, "no channels or no number of points"),
        ({"Points": "many"}, "no channels or no number of points"),
        ({"Channels": '""'}, "no channels or no number of points"),
        ({"Grid dim": '"0 x 3"'}, "grid dim '0 x 3'; a grid dim such as '30 x 30'"),
        ({"Grid dim": None}, "grid dim ''"),
        ({"Grid settings": "1;2;3"}, "grid settings '1;2;3'; centre x"),
        ({"Grid dim": '"40000 x 30000"'}, "announces 40000 x 30000 spectra, the file has room for 12"),
    ],
)
def test_headers_that_do_not_agree(tmp_path, header, message):
    with pytest.raises(InputError, match=message) as caught:
        open_map(GridFile(header=header).write(tmp_path / "grid.3ds"))
    assert "grid.3ds" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_single_point_sweeps(tmp_path):
    with pytest.raises(InputError, match="one point for each sweep; a spectrum needs at least two"):
        open_map(GridFile(points=1).write(tmp_path / "grid.3ds"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "pointer of git-LFS"),
        (GridFile().header_bytes()[:-20], "ends inside its header"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "is no Nanonis grid"),
        (GridFile().header_bytes(), "holds a header and no spectra"),
        (GridFile().header_bytes() + b"\x00" * 3, "holds a header and no spectra"),
    ],
    ids=["empty", "lfs", "truncated", "png", "no records", "three bytes"],
)
def test_files_that_are_no_grids(tmp_path, content, message):
    path = tmp_path / "grid.3ds"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        open_map(path)
    assert "\n" not in str(caught.value)


def test_zeros_only_are_no_measurement(tmp_path):
    path = GridFile().write(tmp_path / "grid.3ds", keep_records=0, zero_records=12)
    with pytest.raises(InputError, match="zeros or NaN only: nothing was measured"):
        open_map(path)
