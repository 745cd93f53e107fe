import struct

import numpy as np
import pytest
from damage import mutated, recognised, same_shapes, truncated
from numpy.testing import assert_allclose, assert_array_equal

from didymos.io.readers.matrix import READER
from didymos.schema import InputError

pytest.importorskip("access2thematrix", reason="access2theMatrix is not installed")

MARK = b"ONTMATRX0101"


def word(text):
    return struct.pack("<L", len(text)) + text.encode("utf-16-le")


def value_of(value):
    if isinstance(value, bool):
        return b"LOOB" + struct.pack("<L", value)
    if isinstance(value, int):
        return b"GNOL" + struct.pack("<l", value)
    return b"BUOD" + struct.pack("<d", value)


def block(name, data, timed=True):
    return name + struct.pack("<L", len(data)) + (bytes(8) if timed else b"") + data


def parameters(settings, names, channel=("I(V)", "A"), factor=2.0, location=None, comment="cold"):
    """The file of the parameters: settings by element, the channel and its scale, the files that belong to them."""
    elements = b""
    for element, properties in settings.items():
        entries = b"".join(word(key) + word(unit) + bytes(4) + value_of(v) for key, (v, unit) in properties.items())
        elements += word(element) + struct.pack("<L", len(properties)) + entries
    channels = struct.pack("<LLQ", 0, 7, 0) + word(channel[0]) + word(channel[1])
    dictionary = bytes(8) + struct.pack("<LL", 0, 1) + channels + struct.pack("<L", 0)
    scale = struct.pack("<LL", 0, 7) + word("TFF_Linear1D") + word(channel[1]) + struct.pack("<L", 2)
    scale += word("Offset") + value_of(0.0) + word("Factor") + value_of(factor)
    system = bytes(4) + block(b"TCID", dictionary, False) + block(b"REFX", scale, False)
    whole = MARK + block(b"APEE", bytes(4) + struct.pack("<L", len(settings)) + elements) + block(b"YSCC", system)
    whole += block(b"KRAM", word(f"MTRX$CREATION_COMMENT-{comment}"))
    for number, name in enumerate(names):
        if location is not None:
            x, y = location(number)
            whole += block(b"KRAM", word(f"MTRX$STS_LOCATION-1,2;{x!r},{y!r}%%7-1-1-0%%"))
        whole += block(b"FERB", bytes(4) + word(name))
    return whole


def result(values):
    data = np.asarray(values).astype("<i4").tobytes()
    description = bytes(20) + struct.pack("<ii", len(data) // 4, len(data) // 4) + bytes(8)
    inside = bytes(4) + block(b"CSED", description, False) + block(b"ATAD", data, False)
    return MARK + b"TLKB" + struct.pack("<LQ", len(inside), 1_600_000_000) + inside


def settings(points=5, subgrid=2, columns=4, rows=3, retrace=True, up_and_down=False, backward=False, volume=True):
    return {
        "XYScanner": {
            "Enable_Subgrid": (volume, ""), "Points": (columns * subgrid, ""), "Lines": (rows * subgrid, ""),
            "Subgrid_X": (subgrid, ""), "Subgrid_Y": (subgrid, ""), "X_Retrace": (backward, ""),
            "Y_Retrace": (up_and_down, ""), "Subgrid_Match_Mode": (0, ""), "Width": (8e-9, "Meter"),
            "Height": (3e-9, "Meter"), "X_Offset": (1e-7, "Meter"), "Y_Offset": (-2e-7, "Meter"),
            "Angle": (30, "Degree"),
        },
        "Spectroscopy": {
            "Device_1_Start": (0.4, "Volt"), "Device_1_End": (-0.4, "Volt"), "Device_1_Points": (points, ""),
            "Enable_Device_1_Ramp_Reversal": (retrace, ""),
        },
        "GapVoltageControl": {"Voltage": (0.5, "Volt")}, "Regulator": {"Setpoint_1": (1e-10, "Ampere")},
    }  # fmt: skip


def curves(rows=3, columns=4, points=5, sweeps=2):
    """Raw values in the order of the measurement, and as (sweep, y, x, energy) over the bias of the trace."""
    values = 100 * np.arange(rows * columns).reshape(1, rows, columns, 1) + np.arange(points)
    values = values + 10_000 * np.arange(sweeps).reshape(-1, 1, 1, 1)
    measured = values.copy()
    measured[1:] = measured[1:, ..., ::-1]  # the retrace runs the other way
    return measured.transpose(1, 2, 0, 3).ravel(), values


def write(folder, values, name="a--12_1.I(V)_mtrx", **options):
    layout = options.pop("layout", {})
    (folder / "a_0001.mtrx").write_bytes(parameters(settings(**layout), [name], **options))
    (folder / name).write_bytes(result(values))
    return folder / name


def test_a_volume_with_trace_and_retrace(tmp_path):
    raw, values = curves()
    path = write(tmp_path, raw)
    assert recognised(READER, path)
    content = READER.read(path, None)
    assert list(content.arrays) == ["Current (A)", "Current [bwd] (A)"]
    for array, expected in zip(content.arrays.values(), values, strict=True):
        assert array.dims == ("y", "x", "energy")
        assert_allclose(array.values, expected[..., ::-1] / 2)
        assert_allclose(array.energy.values, [-0.4, -0.2, 0, 0.2, 0.4], atol=1e-12)
        assert_allclose(array.x.values, [1e-9, 3e-9, 5e-9, 7e-9])
        assert_allclose(array.y.values, [0.5e-9, 1.5e-9, 2.5e-9])
        assert [array[name].attrs["units"] for name in ("x", "y", "energy")] == ["m", "m", "V"]
    attrs = content.attrs
    assert (attrs["set_point_bias"], attrs["set_point"], attrs["comment"]) == (0.5, 1e-10, "cold")
    assert (attrs["frame_center"], attrs["frame_angle"], content.sweep_signal) == ([1e-7, -2e-7], -30, "Bias (V)")


def test_a_volume_that_was_stopped_and_other_directions(tmp_path):
    raw, values = curves(sweeps=1)
    layout = {"retrace": False, "up_and_down": True}
    path = write(
        tmp_path,
        np.concatenate([raw, raw[:20] + 7]),
        name="a--3_1.Aux1(V)_mtrx",
        layout=layout,
        channel=("Aux1(V)", "V"),
    )
    content = READER.read(path, None)
    up, down = content.arrays["Aux1(V) (V)"], content.arrays["Aux1(V) [forward/down] (V)"]
    assert_allclose(up.values, values[0][..., ::-1] / 2)
    # going down the first line is the upper one
    assert_array_equal(np.isfinite(down.values).all(axis=(1, 2)), [False, False, True])
    assert_allclose(down.values[2], (values[0, 0, :, ::-1] + 7) / 2)


def test_a_folder_of_curves(tmp_path):
    names = [f"a--{run}_1.I(V)_mtrx" for run in (9, 10, 11)]
    layout = settings(volume=False)
    (tmp_path / "a_0001.mtrx").write_bytes(parameters(layout, names, location=lambda n: (n * 1e-9, n * -2e-9)))
    for number, name in enumerate(names):
        (tmp_path / name).write_bytes(result(100 * number + np.r_[np.arange(5), np.arange(5)[::-1] + 50]))
    (tmp_path / "a--12_1.I(V)_mtrx").write_bytes(result(np.arange(5)))
    assert recognised(READER, tmp_path)
    content = READER.read(tmp_path, None)
    trace, retrace = content.arrays["Current (A)"], content.arrays["Current [bwd] (A)"]
    assert (trace.dims, trace.shape) == (("point", "energy"), (3, 5))
    assert_allclose(trace.values, (100 * np.arange(3)[:, None] + np.arange(5)[::-1]) / 2)
    assert_allclose(retrace.values, (100 * np.arange(3)[:, None] + np.arange(5)[::-1] + 50) / 2)
    assert_allclose(trace.x.values, [0, 1e-9, 2e-9], atol=1e-15)
    assert_allclose(trace.y.values, [0, -2e-9, -4e-9], atol=1e-15)
    assert "a--12_1.I(V)_mtrx is not named in a_0001.mtrx" in content.attrs["left_out"]
    alone = READER.read(tmp_path / names[1], None)
    assert_allclose(alone.arrays["Current (A)"].values[0], trace.values[1])


def test_a_curve_that_was_stopped(tmp_path):
    path = write(tmp_path, np.arange(8), layout={"volume": False})
    content = READER.read(path, None)
    trace, retrace = content.arrays["Current (A)"], content.arrays["Current [bwd] (A)"]
    assert_allclose(trace.values[0], np.arange(5)[::-1] / 2)
    # the retrace begins at the end of the trace, at -0.4 V
    assert_allclose(retrace.values[0], [2.5, 3, 3.5, np.nan, np.nan])
    assert content.attrs["positions"] == "not recorded for all curves: they are numbered"


def test_what_is_missing_or_no_spectroscopy(tmp_path):
    path = write(tmp_path, curves()[0])
    (tmp_path / "a_0001.mtrx").rename(tmp_path / "b_0001.mtrx")
    with pytest.raises(InputError, match=r"needs its parameters: put a_0001\.mtrx into the same folder"):
        READER.read(path, None)
    with pytest.raises(InputError, match="is no spectroscopy of Matrix"):
        READER.read(tmp_path / "a--1_1.Z_mtrx", None)
    (tmp_path / "a_0001.mtrx").write_bytes(b"no file of Matrix")
    with pytest.raises(InputError, match=r"a_0001\.mtrx is no file of Matrix"):
        READER.read(path, None)
    (tmp_path / "empty").mkdir()
    assert not recognised(READER, tmp_path / "empty")
    with pytest.raises(InputError, match="empty holds no curves of Matrix"):
        READER.read(tmp_path / "empty", None)


@pytest.mark.parametrize("which", ["values", "parameters"])
def test_damaged_copies(tmp_path, which):
    path = write(tmp_path, curves()[0])
    damaged = path if which == "values" else tmp_path / "a_0001.mtrx"
    data = damaged.read_bytes()
    contents, refusals = [], []
    for copy in [*truncated(data), *mutated(data, 200)]:
        damaged.write_bytes(copy)
        try:
            contents.append(READER.read(path, None))
        except InputError as error:
            refusals.append(str(error))
    assert len(refusals) > 30
    assert all("\n" not in words and "mtrx" in words for words in refusals)
    same_shapes(contents, {(3, 4, 5)})
