import importlib.util
import json
import logging

import h5py
import numpy as np
import pytest
from damaged_files import changes, cuts, refusals
from hyperspy_signals import NAMES, axis, signal, write_signal
from numpy.testing import assert_allclose, assert_array_equal

from didymos.io.readers.rosetta import PLUGINS, READER, _checked_parser, recognises
from didymos.io.readers.rosetta_signals import content_of
from didymos.schema import InputError

pytestmark = pytest.mark.skipif(not importlib.util.find_spec("rsciio"), reason="RosettaSciIO is not installed")
DATA = np.random.default_rng(0).integers(0, 200, (4, 5, 16)).astype(np.int32)


def written(tmp_path, plugin, suffix, content=None):
    return write_signal(plugin, tmp_path / f"a{suffix}", signal(DATA) if content is None else content)


def only(path, lazy=None):
    (array,) = READER.read(path, lazy).arrays.values()
    return array


def real(real_data, name):
    path = real_data / "SciFiDatasets" / name
    if not path.exists():
        pytest.skip(f"the real measurement is not at {path}")
    return path


@pytest.mark.real_data
def test_a_real_eels_map_of_strontium_titanate(real_data):
    content = READER.read(real(real_data, "DMReader_SpectrumImage_SI-EELS.dm3"), None)
    array = content.arrays["06-EELS Spectrum Image"]
    assert dict(array.sizes) == {"energy": 1024, "y": 49, "x": 6}
    assert (content.attrs["signal_type"], array.energy.attrs["units"]) == ("EELS", "eV")
    # the edges stand where they belong: titanium L at 456 to 462 eV, less of it in the layer in the middle
    jump = array.sel(energy=slice(455, 470)).mean("energy") / array.sel(energy=slice(420, 450)).mean("energy")
    rows = jump.mean("x").values
    assert rows[:15].mean() > 1.25
    assert rows[21:26].mean() < 1.05
    mean = array.mean(("y", "x"))
    assert 455 < float(mean.sel(energy=slice(440, 500)).idxmax()) < 465


@pytest.mark.real_data
def test_a_real_eds_map_with_its_image(real_data):
    arrays = READER.read(real(real_data, "EMDReader_SpectrumImage_Si.emd"), None).arrays
    spectra, image = arrays["EDS"], arrays["HAADF"]
    assert dict(spectra.sizes) == {"y": 16, "x": 16, "energy": 4096}
    assert (spectra.energy.attrs["units"], spectra.x.attrs["units"]) == ("keV", "nm")
    assert_array_equal(image.x, spectra.x)
    # the particle, bright in the image, gives the line of gold at 2.1 keV
    line = spectra.sel(energy=slice(1.9, 2.3)).sum("energy").values
    bright = image.values > image.values.mean()
    assert line[bright].mean() > 2 * line[~bright].mean()


def test_files_of_bruker_are_parsed_by_python():
    from rsciio.bruker import _api

    before = _api.fast_unbcf
    with _checked_parser("bruker"):
        assert _api.fast_unbcf is False
    assert _api.fast_unbcf is before


def zspy_of(path, target):
    """The store that holds what an ``.hspy`` file holds, which is all that the two formats differ in."""
    zarr = pytest.importorskip("zarr")

    def copy(source, group):
        group.attrs.update({key: getattr(value, "item", lambda v=value: v)() for key, value in source.attrs.items()})
        for name, item in source.items():
            if isinstance(item, h5py.Group):
                copy(item, group.create_group(name))
            else:
                group.create_array(name, data=item[()])

    with h5py.File(path) as file:
        copy(file, zarr.open_group(str(target), mode="w", zarr_format=2))
    return target


def test_the_suffixes_are_those_of_the_library():
    import rsciio

    known: dict[str, set[str]] = {}
    for plugin in rsciio.IO_PLUGINS:
        for suffix in plugin["file_extensions"]:
            known.setdefault(f".{suffix.lower()}", set()).add(plugin["api"].split(".")[1])
    for suffix, module in PLUGINS.items():
        assert module == "" or module in known[suffix], suffix
    # images, files that other readers of didymos take, and what holds no spectra of a surface
    assert set(known) - set(PLUGINS) == {
        ".mrc", ".mrcz", ".ali", ".mib", ".app5", ".blo", ".tvips", ".tif", ".tiff", ".png", ".bmp", ".dib", ".gif",
        ".jpeg", ".jpe", ".jpg", ".msp", ".pcx", ".ppm", ".pbm", ".pgm", ".xbm", ".spi", ".nc", ".npy", ".nxs", ".csv",
        ".dens", ".sac", ".sbc", ".map",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("plugin", "suffix"), [("hspy", ".hspy"), ("emd", ".emd"), ("ripple", ".rpl"), ("digitalsurf", ".sur")]
)
@pytest.mark.parametrize("lazy", [False, True])
def test_files_that_the_library_writes(tmp_path, plugin, suffix, lazy):
    path = written(tmp_path, plugin, suffix)
    assert recognises(path)
    array = only(path, lazy)
    assert array.dims == ("y", "x", "energy")
    assert_array_equal(array.values, DATA)
    assert_allclose(array.x, -1 + 0.25 * np.arange(5))
    assert_allclose(array.y, 1 + 0.5 * np.arange(4))
    assert_allclose(array.energy, 100 + 2 * np.arange(16))
    assert array.energy.attrs == {"units": "eV", "long_name": "Energy loss"}
    assert (array.x.attrs["units"], array.y.attrs["units"]) == ("nm", "nm")
    assert (array.chunks is not None) == (lazy and suffix != ".sur")


def test_names_units_and_what_else_is_known(tmp_path):
    content = READER.read(written(tmp_path, "hspy", ".hspy"), None)
    assert list(content.arrays) == ["EELS map (Counts)"]
    assert content.arrays["EELS map (Counts)"].dtype == np.int32
    assert content.attrs == {
        "title": "EELS map", "start_time": "2024-05-01 12:00:00", "user": "A. B.", "comment": "thin",
        "signal_type": "EELS", "beam_energy": 200.0, "exposure": 0.01,
    }  # fmt: skip


def test_a_store_of_the_same_form(tmp_path):
    path = zspy_of(written(tmp_path, "hspy", ".hspy"), tmp_path / "a.zspy")
    assert recognises(path)
    assert not recognises(tmp_path)
    for lazy in (False, True):
        assert_array_equal(only(path, lazy).values, DATA)


@pytest.mark.parametrize("filters", [[{"id": "pickle", "protocol": 4}], [{"id": "vlen-array", "dtype": "f8"}]])
def test_stores_with_objects_are_refused(tmp_path, filters):
    path = zspy_of(written(tmp_path, "hspy", ".hspy"), tmp_path / "a.zspy")
    head = next(path.rglob(".zarray"))
    head.write_text(json.dumps(json.loads(head.read_text()) | {"filters": filters}))
    with pytest.raises(InputError, match=r"never read|zarr 3 cannot read"):
        READER.read(path, None)


def test_bytes_of_a_pickle_in_an_hspy_file_are_never_run(tmp_path):
    import pickle

    class Dangerous:
        def __reduce__(self):
            return (pytest.fail, ("a pickle was run",))

    content = signal(DATA)
    content["metadata"]["_sig_"] = pickle.dumps(Dangerous())
    assert_array_equal(only(written(tmp_path, "hspy", ".hspy", content)).values, DATA)


@pytest.mark.parametrize("order", [(2, 0, 1), (0, 2, 1), (1, 0, 2)])
def test_the_order_and_the_marks_of_axes_do_not_matter(tmp_path, order):
    # spectrum images of DigitalMicrograph have the energy first and come with the marks of images
    for marks in ((True, False, False), (False, False, False), None):
        names = [NAMES[i] for i in order]
        names = names if marks is None else [(*name[:4], mark) for name, mark in zip(names, marks, strict=True)]
        array = only(written(tmp_path, "hspy", ".hspy", signal(DATA.transpose(order), names)))
        assert_array_equal(array.transpose("y", "x", "energy").values, DATA)


def test_a_line_is_one_row_and_a_list_of_spectra_has_points(tmp_path):
    array = only(written(tmp_path, "hspy", ".hspy", signal(DATA[0], NAMES[1:])))
    assert dict(array.sizes) == {"y": 1, "x": 5, "energy": 16}
    assert_array_equal(array.values[0], DATA[0])
    array = only(written(tmp_path, "hspy", ".hspy", signal(DATA[0], [("time", "s", 1.0, 0.0, True), NAMES[2]])))
    assert dict(array.sizes) == {"point": 5, "energy": 16}
    assert_array_equal(array.time, np.arange(5))


def test_an_axis_that_is_a_list(tmp_path):
    content = signal(DATA)
    shift = np.geomspace(100, 3000, 16)
    content["axes"][2] = {
        "name": "Raman shift", "units": "1/cm", "navigate": False, "axis": shift, "_type": "DataAxis",
        "is_binned": False, "index_in_array": 2, "size": 16,
    }  # fmt: skip
    array = only(written(tmp_path, "hspy", ".hspy", content))
    assert_allclose(array.energy, shift)
    assert array.energy.attrs == {"units": "1/cm", "long_name": "Raman shift"}


def test_images_of_the_same_size_and_area_belong_to_the_points(tmp_path):
    image, other = np.arange(20.0).reshape(4, 5), np.zeros((9, 9))
    signals = [signal(DATA), signal(image, [(*name[:4], False) for name in NAMES[:2]], "HAADF")]
    signals += [signal(image, [(*name[:2], 9.0, 0.0, False) for name in NAMES[:2]], "overview")]
    signals += [signal(other, [(*name[:4], False) for name in NAMES[:2]], "survey"), signal(DATA + 1)]
    arrays = content_of(signals, tmp_path / "a", False).arrays
    assert list(arrays) == ["EELS map (Counts)", "EELS map 2 (Counts)", "HAADF (Counts)"]
    assert_array_equal(arrays["HAADF (Counts)"].values, image)
    assert_array_equal(arrays["HAADF (Counts)"].x, arrays["EELS map (Counts)"].x)


@pytest.mark.parametrize(
    ("data", "names", "message"),
    [
        (DATA[0, 0], NAMES[2:], "is one spectrum of 16 values"),
        (DATA[:1, :1], NAMES, "is one spectrum of 16 values"),
        (DATA[0], [(*name[:4], False) for name in NAMES[:2]], None),
        (DATA, [(*NAMES[0][:4], True), ("kx", "1/nm", 1.0, 0.0, False), ("ky", "1/nm", 1.0, 0.0, False)], "image of 2"),
        (DATA[None], [("t", "s", 1.0, 0.0, True), *NAMES], None),
        (np.stack([DATA] * 2), [("t", "s", 1.0, 0.0, True), *NAMES], "3 axes of positions"),
        (DATA, [*NAMES[:2], ("Energy loss", "eV", 0.0, 100.0, False)], "has the scale"),
    ],
)
def test_what_is_no_map_is_refused(tmp_path, data, names, message):
    if data.ndim == 2:
        names, message = [("y", "nm", 1.0, 0.0, False), ("x", "nm", 1.0, 0.0, False)], r"an image of \(5, 16\)"
    path = written(tmp_path, "hspy", ".hspy", signal(data, names))
    if message is None:
        assert only(path).shape == DATA.shape
    else:
        with pytest.raises(InputError, match=message):
            READER.read(path, None)


def test_an_axis_that_is_a_formula_is_refused(tmp_path):
    content = signal(DATA)
    content["axes"][2] = axis("Energy loss", 16, "eV", index_in_array=2, expression="__import__('os')")
    with pytest.raises(InputError, match="is a formula"):
        content_of([content], tmp_path / "a", False)


def test_one_spectrum_of_text_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"a.msa: it holds no spectral map: 'EELS map' is one spectrum of 16 values"):
        READER.read(written(tmp_path, "msa", ".msa", signal(DATA[0, 0].astype(float), NAMES[2:])), None)


def test_links_to_other_files_are_refused(tmp_path):
    path = written(tmp_path, "hspy", ".hspy")
    with h5py.File(path, "a") as file:
        file["Experiments/other"] = h5py.ExternalLink("b.hspy", "/")
    with pytest.raises(InputError, match="is a link to another file"):
        READER.read(path, None)


def test_a_second_file_that_is_missing_or_cut(tmp_path):
    path = written(tmp_path, "ripple", ".rpl")
    whole = path.with_suffix(".raw").read_bytes()
    path.with_suffix(".raw").write_bytes(whole[:-8])
    with pytest.raises(InputError, match=r"^a.rpl"):
        READER.read(path, None)
    path.with_suffix(".raw").unlink()
    with pytest.raises(InputError, match=r"^a.rpl"):
        READER.read(path, None)


def test_the_library_says_nothing(tmp_path, capfd):
    path = written(tmp_path, "hspy", ".hspy")
    with h5py.File(path, "a") as file:
        file.attrs["file_format_version"] = "99.0"  # of which the library warns
    level = logging.getLogger("rsciio").level
    READER.read(path, None)
    assert logging.getLogger("rsciio").level == level
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("plugin", "suffix", "all_cuts"),
    [("hspy", ".hspy", True), ("emd", ".emd", True), ("digitalsurf", ".sur", False), ("ripple", ".rpl", False)],
)
def test_damaged_files(tmp_path, plugin, suffix, all_cuts):
    path = written(tmp_path, plugin, suffix)
    folder = tmp_path / "damaged"
    folder.mkdir()
    if suffix == ".rpl":
        (folder / "a.raw").write_bytes(path.with_suffix(".raw").read_bytes())
    refused = refusals(READER, path, folder, cuts(path))
    assert len(refused) == 40 if all_cuts else refused
    refusals(READER, path, folder, changes(path))
