import numpy as np
import pytest
from damaged_files import changes, refusals
from numpy.testing import assert_allclose, assert_array_equal

from didymos.io.readers.text_matrix import READER, recognises
from didymos.schema import InputError

DATA = np.round(np.random.default_rng(0).normal(size=(3, 4, 5)), 4)
BIAS = np.array([-100.0, -50, 0, 50, 100.5])
Y, X = np.arange(3) * 2.0, np.arange(4) * 0.5


def rows(order=None, mark=",", header="x (nm),y (nm),", comma=False):
    """A spectrum in each row."""
    points = [(X[j], Y[i], *DATA[i, j]) for i in range(3) for j in range(4)]
    points = points if order is None else [points[i] for i in order]
    lines = [header + ",".join(f"{energy:g}" for energy in BIAS), *(",".join(f"{v:g}" for v in row) for row in points)]
    text = "\n".join(lines).replace(",", "\0")
    return (text.replace(".", ",") if comma else text).replace("\0", mark) + "\n"


def long(order=None, header="x (um),y (um),wavelength [nm],counts (cps),background"):
    """One value a line."""
    lines = [f"{X[j]},{Y[i]},{BIAS[k]},{DATA[i, j, k]},{k}" for i in range(3) for j in range(4) for k in range(5)]
    return "\n".join([header, *(lines if order is None else [lines[i] for i in order])])


def read(tmp_path, text, name="a.csv", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    assert recognises(path)
    return READER.read(path, None)


def image(content, name="signal"):
    array = content.arrays[name].transpose("y", "x", "energy")
    assert_array_equal(array.x, X)
    assert_array_equal(array.y, Y)
    assert_array_equal(array.energy, BIAS)
    return array


@pytest.mark.parametrize("mark", [",", ";", "\t", " "])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_spectrum_in_each_row(tmp_path, mark, ends):
    header = "x (nm),y (nm)," if mark != " " else "x,y,"
    array = image(read(tmp_path, rows(mark=mark, header=header).replace("\n", ends)))
    assert_array_equal(array.values, DATA)
    assert array.x.attrs["units"] == ("nm" if mark != " " else "")


@pytest.mark.parametrize("mark", [";", "\t", " "])
def test_a_decimal_comma(tmp_path, mark):
    assert_array_equal(image(read(tmp_path, rows(mark=mark, header="x,y,", comma=True))).values, DATA)


def test_a_comma_and_a_blank(tmp_path):
    assert_array_equal(image(read(tmp_path, rows(mark=", ", header="x,y,"))).values, DATA)


def test_the_order_of_points_and_of_columns_does_not_matter(tmp_path):
    text = rows(np.random.default_rng(5).permutation(12))
    assert_array_equal(image(read(tmp_path, text)).values, DATA)
    for columns in ([1, 0, 2, 3, 4, 5, 6], [6, 5, 4, 3, 2, 0, 1], [0, 2, 3, 4, 5, 6, 1]):
        shuffled = "\n".join(",".join(line.split(",")[i] for i in columns) for line in text.splitlines())
        array = read(tmp_path, shuffled).arrays["signal"]
        assert_array_equal(array.sortby("energy").transpose("y", "x", "energy").values, DATA)


def test_the_form_of_raman_programs(tmp_path):
    array = image(read(tmp_path, rows(mark="\t", header=",,"), "a.txt"))
    assert_array_equal(array.values, DATA)
    lines = ["#X\t\t#Y\t\t#Wave\t\t#Intensity"]
    lines += [
        f"{X[j]}\t{Y[i]}\t{BIAS[k]}\t{DATA[i, j, k]}" for i in range(3) for j in range(4) for k in range(4, -1, -1)
    ]
    assert_array_equal(image(read(tmp_path, "\n".join(lines), "b.txt"), "Intensity").values, DATA)


def test_names_in_a_comment_and_units_of_the_energies(tmp_path):
    text = "# made by a program\n# bias (mV)\n# " + rows()
    array = image(read(tmp_path, text))
    assert array.energy.attrs == {"units": "mV", "long_name": "bias"}
    header = "x,y," + ",".join(f"{energy:g} meV" for energy in BIAS)
    array = image(read(tmp_path, header + "\n" + rows().partition("\n")[2]))
    assert array.energy.attrs["units"] == "meV"


def test_further_columns_are_values_of_the_points(tmp_path):
    lines = rows().splitlines()
    text = "\n".join([lines[0] + ",z (pm)", *(f"{line},{i}" for i, line in enumerate(lines[1:]))])
    content = read(tmp_path, text)
    assert_array_equal(image(content).values, DATA)
    assert_array_equal(content.arrays["z (pm)"].transpose("y", "x").values, np.arange(12).reshape(3, 4))
    assert content.arrays["z (pm)"].attrs["units"] == "pm"


def test_one_value_a_line(tmp_path):
    for order in (None, np.random.default_rng(6).permutation(60)):
        content = read(tmp_path, long(order))
        array = image(content, "counts (cps)")
        assert_array_equal(array.values, DATA)
        assert array.energy.attrs == {"units": "nm", "long_name": "wavelength"}
        assert_array_equal(image(content, "background").values[1, 1], np.arange(5))


def test_points_off_a_lattice_and_missing_lines(tmp_path):
    lines = long().splitlines()
    del lines[7], lines[-5:]
    array = read(tmp_path, "\n".join(lines)).arrays["counts (cps)"]
    assert dict(array.sizes) == {"point": 11, "energy": 5}
    assert int(np.isnan(array.values).sum()) == 1
    assert {"x", "y"} <= set(array.coords)


def test_a_spectrum_in_each_column(tmp_path):
    flat = DATA.reshape(12, 5)
    lines = ["Bias (mV);" + ";".join(f"spectrum {i} (nS)" for i in range(12))]
    lines += [f"{BIAS[k]};" + ";".join(map(str, flat[:, k])) for k in range(5)]
    array = read(tmp_path, "\n".join(lines)).arrays["signal (nS)"]
    assert array.dims == ("point", "energy")
    assert_array_equal(array.values, flat)
    assert array.energy.attrs == {"units": "mV", "long_name": "Bias"}


@pytest.mark.parametrize("first", ["", "X-Axis", "Energy loss (eV)", "sample bias"])
def test_names_of_the_first_column(tmp_path, first):
    array = read(tmp_path, f"{first},a,b,c\n1,2,3,4\n2,3,4,5\n").arrays["signal"]
    assert_array_equal(array.values, [[2, 3], [3, 4], [4, 5]])


def test_points_on_a_line_need_no_y(tmp_path):
    array = read(tmp_path, "x (nm),-1,0,1\n0,1,2,3\n2,4,5,6\n").arrays["signal"].transpose("y", "x", "energy")
    assert_array_equal(array.values, [[[1, 2, 3], [4, 5, 6]]])
    assert_array_equal(array.x, [0, 2])
    content = read(tmp_path, "x,bias (V),current (A)\n0,-1,1\n0,1,2\n1,-1,3\n1,1,4\n")
    array = content.arrays["current (A)"].transpose("y", "x", "energy")
    assert_array_equal(array.values, [[[1, 2], [3, 4]]])
    assert content.sweep_signal == "Bias (V)"


def test_a_sweep_up_and_down_is_two_channels(tmp_path):
    header = "x,y,0,1,2,1,0\n"
    arrays = read(tmp_path, header + rows().partition("\n")[2]).arrays
    assert list(arrays) == ["signal", "signal [bwd]"]
    assert_allclose(arrays["signal [bwd]"].transpose("y", "x", "energy").values, DATA[..., 2:])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_encodings(tmp_path, encoding):
    array = image(read(tmp_path, rows(header="x (µm),y (µm),"), encoding=encoding))
    assert array.x.attrs["units"] == "µm"


def test_empty_fields_are_missing_values(tmp_path):
    text = rows().splitlines()
    fields = text[3].split(",")
    fields[4] = ""
    text[3] = ",".join(fields)
    assert np.isnan(read(tmp_path, "\n".join(text)).arrays["signal"].values).sum() == 1


@pytest.mark.parametrize("rows_without", [[3], [1, 4, 6], [1]])
def test_an_empty_last_field_is_a_missing_value(tmp_path, rows_without):
    lines = rows().splitlines()
    for number in rows_without:
        lines[number] = lines[number][: lines[number].rindex(",") + 1]
    found = read(tmp_path, "\n".join(lines)).arrays["signal"].values
    assert np.isnan(found).sum() == len(rows_without)
    assert found.size == read(tmp_path, rows()).arrays["signal"].size


@pytest.mark.parametrize("header", [True, False])
def test_a_mark_at_the_end_of_every_line_is_no_field(tmp_path, header):
    first, *others = rows().splitlines()
    text = "\n".join([first + "," * header, *(line + "," for line in others)])
    np.testing.assert_array_equal(
        read(tmp_path, text).arrays["signal"].values, read(tmp_path, rows()).arrays["signal"].values
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,2,3\n4,5,6\n7,8,9\n", "its 3 columns have no names"),
        ("bias,current\n1,2\n2,3\n3,4\n", "it holds 1 spectrum"),
        ("x,y,z,w\n1,2,3,4\n5,6,7,8\n", "each position needs the same energies"),
        ("pressure,temperature,current\n1,2,3\n2,3,4\n3,4,5\n", "its columns are 'pressure', 'temperature'"),
        ("y,1,2\n1,2,3\n3,4,5\n", "its columns are 'y', '1', '2'; allowed are"),
        ("a,1,2\n1,2,3\n3,4,5\n", "its columns are 'a', '1', '2'; allowed are"),
        ("x,y,1,2\n0,0,1,2\n1,0,1\n", "line 3 has 3 fields"),
        ("x,y,1,2\n0,0,1,2\n1,0,1,inf\n", "line 3 holds 'inf'"),
        ("x,y,1,2\n0,0,1,2\n1,0,1,two\n", "line 3 holds 'two'"),
        ("x,y,1,1\n0,0,1,2\n1,0,1,3\n", "holds 1 twice running"),
        ("x,y,1 mV,2 V\n0,0,1,2\n1,0,1,3\n", "units V, mV"),
        ("x,y,1,2\n0,,1,2\n1,0,1,3\n", "1 values of y are missing"),
        ("x,y,bias,current\n0,0,1,2\n0,0,1,3\n", "1 lines give a value for a position and an energy that have one"),
        ("x,y,bias,current\n0,0,1,2\n1,0,2,3\n2,0,3,4\n", "each position needs the same energies"),
        ("x,y,x,1,2\n0,0,0,1,2\n1,0,1,2,3\n", "several columns x or y"),
        ("x,y,bias\n0,0,1\n1,0,2\n", "none of a signal"),
    ],
)
def test_what_is_ambiguous_or_damaged_is_refused(tmp_path, text, message):
    path = tmp_path / "a.csv"
    path.write_text(text)
    assert recognises(path)
    with pytest.raises(InputError, match=message):
        READER.read(path, None)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"Experiment\tbias spectroscopy\nx\t1\n[DATA]\nBias\tI\n1\t2\n2\t3\n",
        b"\x89PNG\0\0",
        b"some words\nand more\n",
    ],
)
def test_other_files_are_not_recognised(tmp_path, content):
    (tmp_path / "a.dat").write_bytes(content)
    assert not recognises(tmp_path / "a.dat")


def test_a_long_file_is_recognised_by_its_head(tmp_path):
    text = rows()
    head, _, body = text.partition("\n")
    (tmp_path / "a.csv").write_text(head + "\n" + body * 200)
    assert recognises(tmp_path / "a.csv")


@pytest.mark.parametrize("text", [rows(), long()])
def test_damaged_files(tmp_path, text):
    path = tmp_path / "a.csv"
    path.write_text(text)
    (tmp_path / "damaged").mkdir()
    data = path.read_bytes()
    inside = [(f"cut at {end}", data[:end]) for end in range(0, len(data) - 1, max(1, len(data) // 40))]
    assert len(refusals(READER, path, tmp_path / "damaged", inside)) >= 20
    assert refusals(READER, path, tmp_path / "damaged", changes(path, head=64))
