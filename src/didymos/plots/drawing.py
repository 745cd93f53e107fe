"""A process that draws figures of a stored result beside another one: ``python -m didymos.plots.drawing``.

It writes a line when it is ready. It then reads one line of JSON for each figure (``result``, ``name``, ``kinds``,
``resolution``) and answers each with a line of JSON (the sizes of the images, by kind) and the images.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from functools import lru_cache
from typing import TYPE_CHECKING, Any, BinaryIO

from didymos.plots.settings import READY

if TYPE_CHECKING:
    import xarray as xr


def answer(requests: BinaryIO, answers: BinaryIO) -> None:
    """Draw what is asked for until the requests end."""
    from didymos.io import open_result
    from didymos.plots.catalogue import FIGURES
    from didymos.plots.export import images_of

    opened = lru_cache(maxsize=1)(open_result)
    answers.write(READY)
    answers.flush()
    for line in requests:
        request: dict[str, Any] = json.loads(line)
        result: xr.Dataset = opened(request["result"])
        figure = FIGURES[request["name"]].figure(result)
        images = images_of(figure, request["kinds"], request["resolution"])
        answers.write(json.dumps({kind: len(image) for kind, image in images.items()}).encode() + b"\n")
        for image in images.values():
            answers.write(image)
        answers.flush()


def main() -> None:
    """Answer on the standard output, on which nobody else writes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started this process ends it
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)
        answer(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
