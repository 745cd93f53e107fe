"""Answers of finished parts of a long analysis, on the disk: a run that is started again goes on from there."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from didymos.io.atomic import replacing

NAME = ".didymos-resume"
"""Folder of the journal within the folder of the results."""
KEY = "run.json"


class Journal:
    """Answers by the number of the pass over the map and the part of the map.

    An analysis makes the same passes in the same order whenever map, settings, examples and version are the same; what
    else is found in the folder is of another run and removed.

    Parameters
    ----------
    folder : pathlib.Path
        Folder of the results.
    run : mapping
        What makes a run the same as another one; anything that JSON can hold.
    """

    def __init__(self, folder: Path, run: Mapping[str, Any]) -> None:
        self.folder = folder / NAME
        text = json.dumps(run, sort_keys=True, default=str)
        known = self.folder / KEY
        if known.is_file() and known.read_text(encoding="utf-8") == text:
            return
        self.close()
        with replacing(known) as temporary:
            temporary.write_text(text, encoding="utf-8")

    def holds(self, number: int, index: int) -> bool:
        """Tell whether the answer of a pass to a part is known."""
        return self._path(number, index).is_file()

    def keep(self, number: int, index: int, answer: Any) -> None:
        """Keep the answer of a pass to a part: arrays, numbers, and lists or tuples of these."""
        arrays: list[np.ndarray[Any, Any]] = []
        shape = json.dumps(_taken_apart(answer, arrays))
        named = {f"a{place}": array for place, array in enumerate(arrays)}
        with replacing(self._path(number, index)) as temporary, temporary.open("wb") as file:
            np.savez(file, shape=np.array(shape), **named)  # type: ignore[arg-type]

    def answer(self, number: int, index: int) -> Any:
        """Return an answer that is known."""
        with np.load(self._path(number, index), allow_pickle=False) as stored:
            return _put_together(json.loads(str(stored["shape"])), stored)

    def close(self) -> None:
        """Remove the journal: the analysis is complete."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, number: int, index: int) -> Path:
        return self.folder / f"{number:03d}-{index:06d}.npz"


def _taken_apart(answer: Any, arrays: list[np.ndarray[Any, Any]]) -> Any:
    """Return the structure of an answer as JSON holds it, and its arrays in a list."""
    if isinstance(answer, list | tuple):
        return {type(answer).__name__: [_taken_apart(part, arrays) for part in answer]}
    if isinstance(answer, np.ndarray):
        arrays.append(answer)
        return {"array": len(arrays) - 1}
    if isinstance(answer, bool | int | float):
        return answer
    raise TypeError(f"an answer holds a {type(answer).__name__}; a journal keeps arrays, numbers, lists and tuples")


def _put_together(shape: Any, stored: Mapping[str, Any]) -> Any:
    if not isinstance(shape, dict):
        return shape
    ((kind, content),) = shape.items()
    if kind == "array":
        return stored[f"a{content}"]
    parts = [_put_together(part, stored) for part in content]
    return tuple(parts) if kind == "tuple" else parts
