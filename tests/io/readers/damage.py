"""Damaged copies of files, and what readers answer to them: values, or an error of one line."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from didymos.io.readers.interface import Content, Reader
from didymos.schema import InputError


def truncated(data: bytes, count: int = 40) -> Iterator[bytes]:
    """Cut a file at places that are dense at its beginning, and at the last byte."""
    places = np.unique(np.geomspace(1, len(data) - 1, count).astype(int))
    yield from (data[:place] for place in [0, *places])


def mutated(data: bytes, count: int = 40, seed: int = 0, upto: int | None = None) -> Iterator[bytes]:
    """Change four bytes of a file at one place after the other, mostly in its head."""
    random = np.random.default_rng(seed)
    last = min(len(data), upto or len(data)) - 4
    places = np.unique(np.geomspace(4, last, count).astype(int) + random.integers(0, 4, count).clip(0))
    for number, place in enumerate(places):
        changed = (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f", random.bytes(4))[number % 4]
        yield data[:place] + changed + data[place + 4 :]


def read_all(reader: Reader, path: Path, copies: Iterator[bytes]) -> tuple[list[Content], list[str]]:
    """Read damaged copies; anything but an answer of one line is raised."""
    contents, refusals = [], []
    for copy in copies:
        path.write_bytes(copy)
        try:
            contents.append(reader.read(path, None))
        except InputError as error:
            refusals.append(str(error))
    for refusal in refusals:
        assert "\n" not in refusal
        assert path.name in refusal
        assert len(refusal) < 500
    return contents, refusals


def recognised(reader: Reader, path: Path) -> bool:
    """Tell whether a reader takes a file or a folder for its own."""
    assert reader.recognises is not None
    return reader.recognises(path)


def same_shapes(contents: list[Content], shapes: set[tuple[int, ...]], check: Callable[[Content], None] | None = None):
    """Check that what was read of damaged copies has the shapes of the file."""
    for content in contents:
        assert {array.shape for array in content.arrays.values()} <= shapes
        if check is not None:
            check(content)
