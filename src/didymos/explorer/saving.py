"""Sessions of the explorer: marks, the view, and what the twins learnt, in the folder of the result."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from didymos.io.examples import write_examples
from didymos.io.results import NAMES, save_in_folder
from didymos.io.staging import staged
from didymos.schema import InputError
from didymos.twin.model import save_model
from didymos.workflow.analysis import Analysis

FOLDER, SESSION, EXAMPLES, MODEL = "explorer", "session.json", "examples.csv", "model.npz"
LARGEST_SESSION = 20_000_000
"""Bytes."""


@dataclass(frozen=True)
class Session:
    """What a session consists of.

    Attributes
    ----------
    examples : dict of str to list
        The marks as a table, empty without any.
    on_evidence : bool
        Whether the examples override the evidence instead of being all that trains.
    view : str
        The end of the address that restores the view.
    """

    examples: dict[str, list[Any]] = field(default_factory=dict)
    on_evidence: bool = False
    view: str = ""


def save_session(folder: Path, session: Session, analysis: Analysis | None) -> Path:
    """Write a session into the folder ``explorer`` of a result.

    Parameters
    ----------
    folder : path
        Of the result.
    session : Session
        Written as ``session.json``, the marks also as ``examples.csv`` for ``didymos analyze --examples``.
    analysis : Analysis, optional
        What was learnt, written as ``results.nc`` and ``model.npz`` for ``didymos apply``.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    InputError
        Where it cannot be written.
    """
    target = Path(folder) / FOLDER
    text = json.dumps({"examples": session.examples, "on_evidence": session.on_evidence, "view": session.view})
    # as a whole: what an earlier session has learnt does not stay beside other examples
    with staged(target, (*NAMES, MODEL, EXAMPLES, SESSION)) as stage:
        if analysis is not None:
            save_in_folder(analysis.result, stage)
            save_model(analysis.model, stage / MODEL)
        if session.examples:
            write_examples(stage / EXAMPLES, session.examples)
        (stage / SESSION).write_text(text, encoding="utf-8")
    return target


def load_session(folder: Path) -> Session | None:
    """Read the session in the folder of a result; None where there is none.

    Parameters
    ----------
    folder : path
        Of the result.

    Returns
    -------
    Session or None

    Raises
    ------
    InputError
        Where the session is damaged.
    """
    path = Path(folder) / FOLDER / SESSION
    try:
        if path.stat().st_size > LARGEST_SESSION:
            raise InputError(f"{path} is larger than any session: remove it")
        found = json.loads(path.read_text(encoding="utf-8"))
        examples = {str(name): list(column) for name, column in found["examples"].items()}
        return Session(examples, bool(found["on_evidence"]), str(found["view"]))
    except FileNotFoundError:
        return None
    except InputError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"{path} is no session of the explorer ({type(error).__name__}): remove it") from None
