from pathlib import Path

import nanonispy2
import numpy as np
import pytest
from damage import mutated, read_all, recognised, truncated
from numpy.testing import assert_allclose, assert_array_equal

from didymos.io.channels import choose_channel
from didymos.io.readers.nanonis_points import READER
from didymos.schema import InputError

BIAS = np.linspace(-0.1, 0.1, 21)
COLUMNS = ("Bias calc (V)", "Current (A)", "LI Demod 1 X (A)", "Current [bwd] (A)", "LI Demod 1 X [bwd] (A)")


def spectrum(number=0, bias=BIAS, columns=COLUMNS, end="\r\n", **header):
    """The text of a point spectrum, as Nanonis writes it; a value of a channel is 100 number + column + bias."""
    keys = {
        "Experiment": "bias spectroscopy", "Saved Date": "23.11.2022 18:55:16", "User": "",
        "X (m)": f"{number * 2e-9:.6E}",
        "Y (m)": f"{number * -1e-9:.6E}", "Z (m)": f"{1e-7 + number * 1e-12:.9E}", "Final Z (m)": "N/A",
        "Comment01": "a sample", "Bias>Bias (V)": "100E-3", "Z-Controller>Setpoint": "50E-12",
        "Lock-in>Harmonic D1": "1",
    } | header  # fmt: skip
    table = np.stack([bias, *[100 * number + column + bias for column in range(1, len(columns))]], axis=1)
    lines = [f"{key}\t{value}\t" for key, value in keys.items() if value is not None]
    rows = ["\t".join(f"{value:.8E}" for value in row) for row in table]
    return end.join([*lines, "", "[DATA]", "\t".join(columns), *rows, ""])


def folder_of(tmp_path, texts):
    folder = tmp_path / "night"
    folder.mkdir()
    for number, text in enumerate(texts):
        (folder / f"spec_{number + 1}.dat").write_text(text, newline="")
    return folder


def test_a_folder_in_the_order_of_its_numbers(tmp_path):
    folder = folder_of(tmp_path, [spectrum(number) for number in range(12)])
    assert recognised(READER, folder)
    content = READER.read(folder, None)
    assert list(content.arrays) == [*COLUMNS[1:], "topography"]
    array = content.arrays["LI Demod 1 X [bwd] (A)"]
    assert (array.dims, array.shape, array.attrs["units"]) == (("point", "energy"), (12, 21), "A")
    assert_allclose(array.values, 100 * np.arange(12)[:, None] + 4 + BIAS, rtol=1e-6)
    assert_allclose(array.x.values, 2e-9 * np.arange(12), atol=1e-15)
    assert_allclose(array.y.values, -1e-9 * np.arange(12), atol=1e-15)
    assert_allclose(array.energy.values, BIAS, atol=1e-9)
    assert [array[name].attrs["units"] for name in ("x", "y", "energy")] == ["m", "m", "V"]
    assert_allclose(content.arrays["topography"].values, 1e-7 + 1e-12 * np.arange(12))
    assert content.attrs["energy_axis"] == "all points have the same axis"
    assert (content.attrs["set_point_bias"], content.attrs["set_point"]) == (0.1, 50e-12)
    assert (content.attrs["comment"], content.attrs["start_time"]) == ("a sample", "23.11.2022 18:55:16")
    names = [name for name, a in content.arrays.items() if "energy" in a.dims]
    choice = choose_channel(names, sweep_signal=content.sweep_signal, harmonics=content.harmonics)
    assert choice.name == "LI Demod 1 X (A)"


def test_one_file_agrees_with_nanonispy2(tmp_path):
    path = tmp_path / "one.dat"
    path.write_text(spectrum(3, end="\n"))
    peer = nanonispy2.read.Spec(str(path))
    content = READER.read(path, None)
    for name in COLUMNS[1:]:
        assert_allclose(content.arrays[name].values[0], peer.signals[name], rtol=1e-6)
    assert_allclose(content.arrays["Current (A)"].energy.values, peer.signals["Bias calc (V)"])
    assert float(content.arrays["Current (A)"].x[0]) == 6e-9


def test_a_pattern_and_a_file_with_several(tmp_path):
    folder = folder_of(tmp_path, [spectrum(number) for number in range(4)])
    (folder / "other.dat").write_text(spectrum(9))
    assert recognised(READER, folder / "spec_*.dat")
    assert READER.read(folder / "spec_*.dat", None).arrays["Current (A)"].shape == (4, 21)
    several = tmp_path / "several.dat"
    several.write_text(spectrum(0) + spectrum(1) + spectrum(2, columns=COLUMNS[:2]), newline="")
    array = READER.read(several, None).arrays["LI Demod 1 X (A)"]
    assert_array_equal(np.isfinite(array.values).all(axis=1), [True, True, False])
    assert_allclose(array.x.values, [0, 2e-9, 4e-9], atol=1e-15)
    with pytest.raises(InputError, match=r"nothing_\*\.dat fits no \.dat file"):
        READER.read(folder / "nothing_*.dat", None)


def test_different_axes_are_interpolated(tmp_path):
    other = np.linspace(0.1, -0.05, 31)
    folder = folder_of(tmp_path, [spectrum(0), spectrum(1, bias=other)])
    content = READER.read(folder, None)
    array = content.arrays["Current (A)"]
    energy = array.energy.values
    assert content.attrs["energy_axis"].startswith("interpolated to ")
    assert_allclose([energy[0], energy[-1]], [-0.1, 0.1])
    inside = energy >= -0.05 - 1e-12
    assert_array_equal(np.isfinite(array.values[1]), inside)
    # the values are linear in the bias: interpolation is exact
    assert_allclose(array.values[1][inside], 101 + energy[inside], rtol=1e-6)
    assert_allclose(array.values[0], 1 + energy, rtol=1e-6)


def test_damaged_and_foreign_files_are_named(tmp_path):
    texts = [
        spectrum(0),
        "no spectrum\n1\t2\n",
        spectrum(2)[:-30] + "\n",
        spectrum(3),
        spectrum(4, columns=("Z rel (m)", "Current (A)")),
    ]
    content = READER.read(folder_of(tmp_path, texts), None)
    assert content.arrays["Current (A)"].shape == (2, 21)
    left_out = content.attrs["left_out"]
    assert "spec_2.dat is no point spectrum of Nanonis (it has no line [DATA])" in left_out
    assert "spec_3.dat is damaged or incomplete: row 21 has" in left_out
    assert "1 spectra over Z rel (m)" in left_out
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "a.dat").write_text("[Parameters]\n")
    assert not recognised(READER, tmp_path / "foreign")
    assert not recognised(READER, tmp_path)
    with pytest.raises(InputError, match=r"a\.dat is no point spectrum"):
        READER.read(tmp_path / "foreign", None)


def test_decimal_commas_and_missing_values(tmp_path):
    path = tmp_path / "comma.dat"
    lines = spectrum(1).replace(".", ",").split("\r\n")
    lines[-3] = "\t".join(["9,00000000E-02", "NaN", *lines[-3].split("\t")[2:]])
    path.write_text("\n".join(lines))
    array = READER.read(path, None).arrays["Current (A)"]
    assert_allclose(array.values[0, :5], 101 + BIAS[:5], rtol=1e-6)
    assert_array_equal(np.flatnonzero(np.isnan(array.values[0])), [19])
    assert float(array.x[0]) == 2e-9


def test_spectra_without_positions_are_numbered(tmp_path):
    header = {"X (m)": None}
    content = READER.read(folder_of(tmp_path, [spectrum(number, **header) for number in range(3)]), None)
    assert_array_equal(content.arrays["Current (A)"].x.values, [0, 1, 2])
    assert content.attrs["positions"] == "not recorded for 3 of 3 spectra: numbered instead"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("Current [bwd] (A)", "Current (A)", "two columns of the same name"),
        ("-1.00000000E-01", "nan", "a value of 'Bias calc \\(V\\)' is no number"),
        ("-1.00000000E-01", "x", "a value is no number"),
    ],
)
def test_damaged_tables(tmp_path, old, new, words):
    path = tmp_path / "a.dat"
    path.write_text(spectrum(1).replace(old, new, 1))
    with pytest.raises(InputError, match=rf"a\.dat .*{words}"):
        READER.read(path, None)


def test_damaged_copies(tmp_path):
    data = spectrum(1).encode()
    contents, refusals = read_all(READER, tmp_path / "cut.dat", truncated(data))
    assert refusals
    # rows are missing at the end of a text that was cut there, and no value is another one
    for content in contents:
        for number, name in enumerate(COLUMNS[1:], 1):
            array = content.arrays[name]
            assert_allclose(array.values[0], 101 + number - 1 + BIAS[: array.sizes["energy"]], rtol=1e-6)
    read_all(READER, tmp_path / "changed.dat", mutated(data, 60))


def test_a_common_axis_needs_ranges_that_belong_together(tmp_path):
    folder = folder_of(
        tmp_path, [spectrum(0, bias=BIAS * 1e-5), spectrum(1, bias=BIAS + 5), spectrum(2, bias=BIAS * 1e-5)]
    )
    with pytest.raises(InputError, match="night: the axes of the 3 spectra lie too far apart"):
        READER.read(folder, None)
    assert Path(folder).is_dir()
