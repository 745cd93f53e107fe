"""The command line: parses, calls the workflow, turns errors into one line."""

from __future__ import annotations

import _thread
import contextlib
import errno
import io
import os
import sys
import threading
from collections.abc import Sequence

from didymos.schema.names import InputError

TRACEBACK = "--traceback"
SOON = 0.01
"""Seconds after which a stop that was passed over is tried again."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    0 done, 2 the input is at fault, 1 an internal error, 130 stopped. With ``--traceback`` an internal error also shows
    where it came from, for people who report it.

    Parameters
    ----------
    arguments : sequence of str, optional
        Default: those of the process.

    Returns
    -------
    int
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    wanted = [argument for argument in given if argument != TRACEBACK]
    _replace_what_cannot_be_encoded()
    if arguments is None:
        sys.unraisablehook = _pass_on_a_stop
    try:
        status = _run(wanted)
        sys.stdout.flush()
        return status
    except InputError as error:
        return _complain(str(error))
    except KeyboardInterrupt:
        return _stopped(arguments is None)
    except BrokenPipeError:
        return 0
    except OSError as error:
        # an error about a file has a name and a reader or writer that explains it; this one is of the output
        if error.filename is not None or error.errno not in (errno.ENOSPC, errno.EIO, errno.EFBIG, errno.EDQUOT):
            return _internal_error(error, shown=wanted != given)
        _give_up_the_output()
        return _complain(f"the output cannot be written ({error.strerror}): free some space or send it elsewhere")
    except Exception as error:
        # a library may say something else of Ctrl-C while it is imported
        if _was_stopped(error):
            return _stopped(arguments is None)
        return _internal_error(error, shown=wanted != given)


def _was_stopped(error: BaseException | None) -> bool:
    """Tell whether an error came from the user's Ctrl-C."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return True
        error = error.__cause__ or error.__context__
    return False


def _pass_on_a_stop(lost: sys.UnraisableHookArgs) -> None:
    """Stop once more where Ctrl-C came while an object was taken down, where Python passes over every exception."""
    if issubclass(lost.exc_type, KeyboardInterrupt):
        # a little later: here it would be passed over as well
        later = threading.Timer(SOON, _thread.interrupt_main)
        later.daemon = True
        later.start()
    else:
        sys.__unraisablehook__(lost)


def _stopped(process: bool) -> int:
    print("didymos: stopped", file=sys.stderr, flush=True)
    if process:
        os._exit(130)  # threads that still compile are not waited for
    return 130


def _replace_what_cannot_be_encoded() -> None:
    """Let letters that a stream cannot encode be replaced: a comment in a file must not end a command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _give_up_the_output() -> None:
    """Send the rest of the output nowhere: at the end the interpreter would fail at it once more."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(arguments: list[str]) -> int:
    # here and not above, so that it can be stopped without a traceback
    from cyclopts import CycloptsError

    from didymos.cli.commands import app

    try:
        app(arguments, exit_on_error=False, print_error=False)
    except CycloptsError as error:
        return _complain(f"{error} (see 'didymos --help')")
    return 0


def _complain(text: str) -> int:
    print("didymos: " + " ".join(text.split()), file=sys.stderr)
    return 2


def _internal_error(error: Exception, *, shown: bool) -> int:
    import traceback
    from pathlib import Path

    if shown:
        traceback.print_exception(error)
    last = traceback.extract_tb(error.__traceback__)[-1]
    what = " ".join(f"{type(error).__name__}: {error}".split())
    print(
        f"didymos: internal error: {what} ({Path(last.filename).name}:{last.lineno}); "
        f"please report the error with the command, the file and what {TRACEBACK} shows",
        file=sys.stderr,
    )
    return 1
