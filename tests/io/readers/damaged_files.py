"""Damages a file at many places and checks that a reader gives sound arrays or one line that says what is wrong."""

from pathlib import Path

import numpy as np

from didymos.schema import InputError


def cuts(path: Path, count: int = 40):
    """Yield the file cut at places spread over its length, in a file of the same name."""
    data = path.read_bytes()
    for length in np.linspace(0, len(data) - 1, count).astype(int):
        yield f"cut at {length}", data[:length]


def changes(path: Path, count: int = 40):
    """Yield the file with a byte changed, mostly in its first part, where the structure is."""
    data = path.read_bytes()
    random = np.random.default_rng(0)
    places = {*np.linspace(0, len(data) - 1, count // 2).astype(int), *random.integers(0, min(len(data), 2048), count // 2)}
    for place in sorted(map(int, places)):
        changed = bytearray(data)
        changed[place] ^= int(random.integers(1, 256))
        yield f"byte {place} changed", bytes(changed)


def check_all(reader, path: Path, folder: Path, damages) -> int:
    """Read every damaged copy; return how many were refused."""
    refused = 0
    copy = folder / path.name
    for what, data in damages:
        copy.write_bytes(data)
        try:
            if reader.recognises is not None and not reader.recognises(copy):
                refused += 1
                continue
            content = reader.read(copy, None)
        except InputError as error:
            assert "\n" not in str(error), what
            assert copy.name in str(error), what
            refused += 1
            continue
        for name, array in content.arrays.items():
            assert array.values.dtype.kind in "fiu", (what, name)
            for dim in array.dims:
                assert dim not in array.coords or np.isfinite(array[dim].values).all(), (what, name, dim)
        copy.unlink()
    copy.unlink(missing_ok=True)
    return refused
