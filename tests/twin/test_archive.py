import io
import json
import os
import zipfile
from typing import Any

import numpy as np
import pytest

from didymos.schema import InputError
from didymos.twin import archive
from didymos.twin.archive import DAMAGE, check_kind, damaged, encoder_arrays, encoder_from, read, write
from didymos.twin.training.encoder import random_encoder

FORMAT, VERSION = "didymos twin model", 4
HEADER = {"kind": "test", "µ": [1, None, "mV"], "nothing": float("nan")}
ARRAYS: dict[str, Any] = {
    "one": np.arange(6.0).reshape(2, 3),
    "name": np.array(["µ", "b"]),
    "single": np.array(2.5, np.float32),
}


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def refused(path):
    with pytest.raises(InputError) as caught:
        read(path)
    message = str(caught.value)
    assert "\n" not in message
    assert path.name in message
    return message


def rewritten(path, **changes):
    header = {"format": FORMAT, "format_version": VERSION, **changes}
    np.savez(path, header=np.array(json.dumps({k: v for k, v in header.items() if v != "left out"})), **ARRAYS)
    return path


def test_what_is_written_is_read(tmp_path):
    write(tmp_path / "ein Name µ", HEADER, ARRAYS)
    assert files(tmp_path) == ["ein Name µ"]
    header, arrays = read(tmp_path / "ein Name µ")
    assert (header["format"], header["format_version"]) == (FORMAT, VERSION)
    assert {name: header[name] for name in ("kind", "µ")} == {name: HEADER[name] for name in ("kind", "µ")}
    assert np.isnan(header["nothing"])
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        assert np.array_equal(arrays[name], array)


def test_a_stream_gets_the_same(tmp_path):
    stream = io.BytesIO()
    write(stream, HEADER, ARRAYS)
    (tmp_path / "twin.npz").write_bytes(stream.getvalue())
    assert read(tmp_path / "twin.npz")[0]["kind"] == "test"
    write(str(tmp_path / "twin.npz"), HEADER, ARRAYS)
    assert files(tmp_path) == ["twin.npz"]


def test_nothing_is_pickled(tmp_path):
    write(tmp_path / "twin.npz", HEADER, ARRAYS)
    with np.load(tmp_path / "twin.npz", allow_pickle=False) as stored:
        assert set(stored.files) - {"allow_pickle"} == {"header", *ARRAYS}
        assert all(stored[name].dtype != object for name in stored.files)
    with pytest.raises(ValueError, match="allow_pickle"):
        write(tmp_path / "twin.npz", HEADER, {"any": np.array([{}])})


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt, ValueError])
@pytest.mark.parametrize("where", ["savez", "replace"])
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, error, where):
    path = tmp_path / "twin.npz"
    write(path, HEADER, ARRAYS)
    before = path.read_bytes()

    def fail(target, *_, **__):
        if where == "savez":
            target.write(b"half")
        raise error

    monkeypatch.setattr(np if where == "savez" else os, where, fail)
    try:
        write(path, {"kind": "new"}, ARRAYS)
    except error:
        pass
    else:
        pytest.fail("the error is swallowed")
    assert path.read_bytes() == before
    assert files(tmp_path) == ["twin.npz"]


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match=r"cannot write .*twin.npz: No such file or directory; choose another folder"):
        write(tmp_path / "no" / "twin.npz", HEADER, ARRAYS)
    assert files(tmp_path) == []


@pytest.mark.parametrize("version", [1, 3, -2])
def test_an_earlier_format_is_refused(tmp_path, version):
    message = refused(rewritten(tmp_path / "twin.npz", format_version=version))
    assert f"has model format {version} of an earlier didymos" in message
    assert message.endswith("train it again")


def test_a_later_format_is_refused(tmp_path):
    message = refused(rewritten(tmp_path / "twin.npz", format_version=VERSION + 1))
    assert str(VERSION + 1) in message
    assert "update" in message
    assert "earlier" not in message


@pytest.mark.parametrize(
    "changes", [{"format": "other"}, {"format": "left out"}, {"format_version": "new"}, {"format_version": "left out"}]
)
def test_a_foreign_header_is_refused(tmp_path, changes):
    assert "not a model" in refused(rewritten(tmp_path / "twin.npz", **changes))


def test_a_missing_file_is_named(tmp_path):
    assert "no such model file" in refused(tmp_path / "twin.npz")


def test_an_encoder_comes_back_to_the_bit():
    encoder = random_encoder([np.random.default_rng(member) for member in range(2)], 4, (8, 3, 2), "silu")
    arrays = encoder_arrays("first", encoder)
    assert all(name.startswith("first_") for name in arrays)
    again = encoder_from("first", 3, "silu", arrays)
    inputs = np.random.default_rng(3).normal(size=(1, 10, 4))
    assert np.array_equal(again.embed(inputs), encoder.embed(inputs))
    assert again.activation == "silu"


@pytest.mark.parametrize("part", ["first_weight_0", "first_weight_2", "first_bias_1"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_weights_that_are_not_finite_are_damaged(part, value):
    encoder = random_encoder([np.random.default_rng(member) for member in range(2)], 4, (8, 3, 2), "tanh")
    arrays = {name: array.copy() for name, array in encoder_arrays("first", encoder).items()}
    arrays[part].flat[-1] = value
    with pytest.raises(DAMAGE):
        encoder_from("first", 3, "tanh", arrays)


def test_parts_of_other_members_or_activations_are_damaged():
    encoder = random_encoder([np.random.default_rng(member) for member in range(2)], 4, (8, 2), "tanh")
    arrays = encoder_arrays("first", encoder)
    for layers, activation, changes in (
        (2, "step", {}),
        (3, "tanh", {}),
        (0, "tanh", {}),
        (2, "tanh", {"first_bias_1": np.zeros((3, 2))}),
        (2, "tanh", {"first_bias_1": np.array(["a", "b"])}),
    ):
        with pytest.raises(DAMAGE):
            encoder_from("first", layers, activation, arrays | changes)


def test_the_kind_and_the_damage_of_a_file_are_named_in_one_line(tmp_path):
    check_kind(tmp_path / "twin.npz", "TwinModel", "TwinModel")
    with pytest.raises(
        InputError, match=r"^twin.npz holds a TwinScore, not a TwinModel: read the file as a TwinScore$"
    ):
        check_kind(tmp_path / "twin.npz", "TwinScore", "TwinModel")
    assert str(damaged(tmp_path / "twin.npz")).startswith("twin.npz is damaged")


def with_member(path, name, content):
    """Add a member to a file."""
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as file:
        file.writestr(name, content)
    return path


def array_file(shape, dtype="<f8", data=b""):
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (63 - (10 + len(header)) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode("latin-1") + data


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("huge.npy", array_file("(100000000000,)")),
        ("short.npy", array_file("(3,)", data=bytes(8))),
        ("long.npy", array_file("(3,)", data=bytes(80))),
        ("complex.npy", array_file("(1,)", "<c16", bytes(16))),
        ("object.npy", array_file("(1,)", "|O", bytes(8))),
        ("time.npy", array_file("(1,)", "<M8[s]", bytes(8))),
        ("record.npy", array_file("(1,)", "V8", bytes(8))),
        ("negative.npy", array_file("(-1,)", data=bytes(8))),
        ("text.txt", b"hello"),
        ("nothing.npy", b""),
        ("version.npy", b"\x93NUMPY\x09\x00" + bytes(60)),
        ("nan.npy", array_file("(1,)", data=np.array(np.nan).tobytes())),
        ("infinite.npy", array_file("(1,)", data=np.array(-np.inf).tobytes())),
    ],
)
def test_an_array_that_is_none_of_a_model_is_refused(name, content, tmp_path):
    path = with_member(rewritten(tmp_path / "twin.npz"), name, content)
    assert "damaged" in refused(path)


def test_an_archive_that_unpacks_to_gigabytes_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "LARGEST_MODEL", 100_000)
    path = with_member(rewritten(tmp_path / "twin.npz"), "zeros.npy", array_file("(20000,)", data=bytes(160_000)))
    assert path.stat().st_size < 10_000
    monkeypatch.setattr(np, "load", None)
    assert "damaged" in refused(path)
