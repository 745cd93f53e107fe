"""Calling the library of a format: quietly, and with every failure as one line."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

from didymos.schema import InputError


@contextlib.contextmanager
def library(path: Path, kind: str, *loggers: str) -> Iterator[None]:
    """Run what a library does with a file: its warnings, messages and prints reach nobody, its errors become one line.

    Parameters
    ----------
    path : pathlib.Path
        The file, for the message.
    kind : str
        Its format: ``"an Igor binary wave"``.
    *loggers : str
        Names of loggers that the library writes to.

    Raises
    ------
    InputError
        Where anything fails but the access to the file.
    """
    silenced = [logging.getLogger(name) for name in loggers]
    before = [logger.disabled for logger in silenced]
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            for logger in silenced:
                logger.disabled = True
            yield
    except (InputError, FileNotFoundError, PermissionError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # some libraries derive their errors from it
        words = " ".join(str(error).split())[:120]
        reason = f"{type(error).__name__}: {words}" if words else type(error).__name__
        raise InputError(
            f"{path.name} cannot be read as {kind} ({reason}): it is damaged, incomplete or of a kind that is not "
            "supported; copy it again from the instrument"
        ) from error
    finally:
        for logger, state in zip(silenced, before, strict=True):
            logger.disabled = state
