"""Damages a file at many places and checks that a reader gives sound arrays or one line that says what is wrong."""

from pathlib import Path

import numpy as np

from didymos.schema import InputError


def cuts(path: Path, count: int = 40):
    """Yield the file cut at places spread over its length."""
    data = path.read_bytes()
    for length in np.linspace(0, len(data) - 1, count).astype(int):
        yield f"cut at {length}", data[:length]


def changes(path: Path, count: int = 40, head: int = 2048):
    """Yield the file with a byte changed, half of them in its first part, where the structure is."""
    data = path.read_bytes()
    random = np.random.default_rng(0)
    spread = np.linspace(0, len(data) - 1, count // 2).astype(int)
    for place in sorted({*spread.tolist(), *random.integers(0, min(len(data), head), count // 2).tolist()}):
        changed = bytearray(data)
        changed[place] ^= int(random.integers(1, 256))
        yield f"byte {place} changed", bytes(changed)


def refusals(reader, path: Path, folder: Path, damages) -> list[str]:
    """Read every damaged copy; return the messages of those that were refused, and check the arrays of the others."""
    found = []
    copy = folder / path.name
    for what, data in damages:
        copy.write_bytes(data)
        if not reader.recognises(copy):
            found.append(f"{what}: not recognised")
            continue
        message = refusal(reader, copy)
        if message is None:
            sound(reader.read(copy, None), what)
        else:
            assert "\n" not in message, what
            assert copy.name in message, (what, message)
            found.append(f"{what}: {message}")
    copy.unlink()
    return found


def refusal(reader, path: Path) -> str | None:
    """Return the message with which a file is refused, None where it is read."""
    try:
        reader.read(path, None)
    except InputError as error:
        return str(error)
    return None


def sound(content, what: str) -> None:
    """Check that all arrays are numbers over finite axes."""
    assert content.arrays, what
    for name, array in content.arrays.items():
        assert array.values.dtype.kind in "fiu", (what, name)
        for dim in array.dims:
            assert dim not in array.coords or np.isfinite(array[dim].values).all(), (what, name, dim)
