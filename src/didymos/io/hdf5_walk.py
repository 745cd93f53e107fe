"""A process that walks through HDF5 files for another: paths come in, a line of JSON for each goes out.

On a damaged file the HDF5 library can loop for ever or end the process. Here that harms nobody: who asks waits for so
long and takes no answer for damage. Run as a file of its own, so that nothing but h5py is imported.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import sys
from typing import Any


def walk(path: str) -> str:
    """Walk through a file as reading would: links, attributes, the index of the chunks, the first and the last value.

    Parameters
    ----------
    path : str
        An HDF5 file.

    Returns
    -------
    str
        Why it is refused; empty where it is sound and holds all that it names.
    """
    import h5py

    found: list[str] = []

    def visit(name: str, link: Any) -> None:
        if isinstance(link, h5py.ExternalLink):
            found.append(f"{name} is a link to another file, which is not followed: copy all into one file")

    def look(name: str, item: Any) -> None:
        for attribute in item.attrs:
            # what h5py cannot show as an array is no damage
            _attempt(lambda attribute=attribute: item.attrs[attribute])
        if not isinstance(item, h5py.Dataset):
            return
        if item.external or item.is_virtual:
            found.append(f"{name} keeps its values in another file, which is not followed: copy them into one file")
        elif item.size and item.shape and item.dtype.kind in "fiu":
            if item.chunks:
                item.id.get_num_chunks()
            item[(0,) * item.ndim], item[(-1,) * item.ndim]

    with h5py.File(path, "r") as file:
        file.visititems_links(visit)
        look("/", file)
        file.visititems(look)
    return found[0] if found else ""


def _attempt(read: Any) -> None:
    with contextlib.suppress(TypeError, ValueError):
        read()


def main() -> None:
    """Answer until nobody asks any more."""
    import h5py  # noqa: F401 # who asks waits for it once

    for line in sys.stdin:
        path, seconds = json.loads(line)
        faulthandler.dump_traceback_later(seconds, exit=True, file=sys.stderr)
        try:
            answer = {"refused": walk(path)}
        except Exception as error:
            answer = {"damaged": " ".join(str(error).split())[:120] or type(error).__name__}
        faulthandler.cancel_dump_traceback_later()
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
