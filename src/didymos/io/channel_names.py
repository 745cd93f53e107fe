"""Names of channels such as ``LI Demod 1 X [bwd] (A)``: unit, direction, repeated sweeps; and which one is meant."""

from __future__ import annotations

import re
from collections.abc import Sequence

from didymos.schema import InputError
from didymos.schema.suggestions import did_you_mean


def find_channel(channels: Sequence[str], wanted: str, *, sweeps: bool = False) -> int:
    """Find the channel that the user means: exact name, else in any case, else without unit, else a unique part.

    Parameters
    ----------
    channels : sequence of str
        The names that there are.
    wanted : str
        The name wanted.
    sweeps : bool
        Whether a name may mean all repeated sweeps of a channel.

    Returns
    -------
    int
        Its position; that of the first of repeated sweeps.

    Raises
    ------
    InputError
        Where none or several fit; the message lists what there is.
    """
    word = wanted.strip().casefold()
    fits: list[int] = [i for i, name in enumerate(channels) if name == wanted]
    for test in (
        lambda name: name.casefold() == word,
        lambda name: split_name(name)[0].casefold() == word,
        lambda name: bool(word) and word in name.casefold(),
    ):
        fits = fits or [i for i, name in enumerate(channels) if test(name)]
    if len({channels[i] for i in fits}) == 1:
        return fits[0]
    if sweeps and fits and all(_is_repeat(channels[i]) for i in fits):
        repeats = [i for i in fits if not is_backward(channels[i])] or fits
        if len({_without_number(channels[i]) for i in repeats}) == 1:
            return repeats[0]
    if fits:
        listed = ", ".join(dict.fromkeys(channels[i] for i in fits))
        raise InputError(f"{wanted!r} fits several channels of this file: {listed}; give one of these names")
    listed = ", ".join(dict.fromkeys(channels))
    meant = did_you_mean(wanted, channels) or did_you_mean(wanted, [split_name(name)[0] for name in channels])
    raise InputError(f"{wanted!r} is no channel of this file; there are: {listed}; give one of these names{meant}")


def backward_twin(channels: Sequence[str], index: int) -> int | None:
    """Return the channel of the other sweep direction (``[bwd]`` or forward) of a channel, None where there is none."""
    name = channels[index]
    key, backward = _without_direction(name), is_backward(name)
    for other, candidate in enumerate(channels):
        if is_backward(candidate) != backward and _without_direction(candidate) == key:
            return other
    return None


def repeated_sweeps(channels: Sequence[str], index: int) -> list[int]:
    """Return the channels of all repeated sweeps (``[00001]``, ``[00002]`` ...) of what a channel holds, in order."""
    key = _without_number(channels[index])
    return [i for i, name in enumerate(channels) if _is_repeat(name) and _without_number(name) == key]


def averaged_channels(channels: Sequence[str], index: int, *, backward: bool, sweeps: bool) -> list[int]:
    """Return the channels whose average is wanted: of repeated sweeps, of both sweep directions, or of all these.

    Parameters
    ----------
    channels : sequence of str
        The names that there are.
    index : int
        Position of the channel chosen.
    backward, sweeps : bool
        What to average over.

    Returns
    -------
    list of int
        Positions; the channel alone where nothing is averaged.

    Raises
    ------
    InputError
        Where there is no other sweep direction or only one sweep.
    """
    members = [index]
    if sweeps:
        members = repeated_sweeps(channels, index)
        if len(members) < 2:
            raise InputError(
                f"there are no repeated sweeps of {channels[index]!r} to average; there are: {', '.join(channels)}: "
                "read it without averaging"
            )
    if not backward:
        return members
    twins = [backward_twin(channels, member) for member in members]
    if twins[0] is None:
        raise InputError(
            f"there is no other sweep direction of {channels[index]!r} to average with; there are: "
            f"{', '.join(channels)}: read it without averaging"
        )
    return [*members, *(twin for twin in twins if twin is not None)]


def is_backward(name: str) -> bool:
    """Return whether a channel is of the backward sweep."""
    return "[bwd]" in name.casefold()


def split_name(name: str) -> tuple[str, str]:
    """Split ``Current [bwd] (A)`` into its name and its unit: ``("Current [bwd]", "A")``."""
    match = re.fullmatch(r"(.*?)\s*\(([^()]*)\)\s*", name)
    return (match.group(1).strip(), match.group(2).strip()) if match else (name.strip(), "")


def _is_repeat(name: str) -> bool:
    return re.search(r"\[\d+\]", name) is not None


def _without_number(name: str) -> str:
    return re.sub(r"[\s_]+", " ", re.sub(r"\[(?:\d+|avg)\]", " ", name.casefold())).strip()


def _without_direction(name: str) -> str:
    return re.sub(r"[\s_]+", " ", re.sub(r"\[bwd\]", " ", name.casefold())).strip()
