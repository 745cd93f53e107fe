"""What is read of a Nanonis grid: the channel of the rule or of the user, averages, the quadratures of its lock-in."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from didymos.io.channel_names import averaged_channels
from didymos.io.channels import Choice, Kind, channel_kind, choose_channel
from didymos.io.lockin import SignalSplit, by_signal, quadratures_of, sample_rows, split_signal
from didymos.io.nanonis.file import Records
from didymos.io.nanonis.header import GridHeader
from didymos.io.nanonis.spectra import Term, derivative
from didymos.io.nanonis.sweep import Sweep
from didymos.io.reading import Reading
from didymos.schema import InputError


@dataclass(frozen=True)
class ChannelTerms:
    """The channel chosen, what is added to give its spectra, and what the map says about both."""

    choice: Choice
    terms: tuple[Term, ...]
    attrs: dict[str, Any]


def channel_terms(records: Records, sweep: Sweep, reading: Reading) -> ChannelTerms:
    """Choose the channel of a grid.

    Parameters
    ----------
    records : Records
        Of the file.
    sweep : Sweep
        Its axis.
    reading : Reading
        What the user wants.

    Returns
    -------
    ChannelTerms

    Raises
    ------
    InputError
        Where there is no such channel, sweep direction or quadrature.
    """
    header = records.header
    choice = choose_channel(
        header.channels,
        reading.channel,
        sweep_signal=header.sweep_signal,
        harmonics=harmonics(header),
        set_point_units=header.text("Z-Controller>Setpoint unit") or "",
        sweeps=reading.average_sweeps,
    )
    sample = _Sample(records, sweep)
    if reading.lockin_phase is not None:
        return _rotated(sample, choice, reading)
    if reading.channel is None:
        choice, _ = by_signal(header.channels, choice, sample.channel, sample.derivative)
    members = _averaged(header, choice.index, reading)
    attrs = {"channel": choice.name, "channel_rule": choice.reason, **_averages(header, members, choice.index, reading)}
    if choice.derive:
        attrs["derived"] = f"dI/dV by numerical derivative of {choice.name}"
    return ChannelTerms(choice, (Term(tuple(members)),), attrs)


def harmonics(header: GridHeader) -> dict[int, int]:
    """Harmonic of each demodulator, from keys such as ``Lock-in>Harmonic D1``."""
    found = {}
    for key in header.entries:
        match = re.fullmatch(r"lock-in>harmonic d(\d+)", key)
        value = header.number(key) if match else None
        if match and value is not None:
            found[int(match.group(1))] = int(value)
    return found


@dataclass(frozen=True)
class _Sample:
    """Some spectra of a grid, evenly over its records."""

    records: Records
    sweep: Sweep

    def channel(self, index: int) -> NDArray[np.float32]:
        return self.records.channel(index, sample_rows(self.records.count))

    def derivative(self) -> NDArray[np.float32] | None:
        """Return the derivative of the current on the points of the file, where it is recorded over the bias."""
        header = self.records.header
        kinds = [channel_kind(name, header.sweep_signal) for name in header.channels]
        axis = self.sweep.merge(np.empty((0, self.sweep.values.size), np.float32))[0]
        if Kind.CURRENT not in kinds or not self.sweep.name.startswith("Bias") or axis.size < self.sweep.values.size:
            return None
        return derivative(self.channel(kinds.index(Kind.CURRENT)), axis)


def _rotated(sample: _Sample, choice: Choice, reading: Reading) -> ChannelTerms:
    """Return the sum of both quadratures that is the signal."""
    header = sample.records.header
    found = quadratures_of(header.channels, choice.index)
    if found.x is None or found.y is None:
        raise InputError(
            f"a lock-in phase needs lock-in X and Y of one demodulator; {choice.name!r} is read of the channels "
            f"{', '.join(header.channels)}: leave the phase out, or name lock-in X as the channel"
        )
    split: SignalSplit | None = None
    phase = reading.lockin_phase
    if phase == "auto" or phase is None:
        split = split_signal(sample.channel(found.x), sample.channel(found.y), sample.derivative())
        phase = split.phase
    name = header.channels[found.x]
    how = f"found from the signal ({split})" if split else "given by the user"
    members = {index: _averaged(header, index, reading) for index in (found.x, found.y)}
    terms = tuple(
        Term(tuple(members[index]), weight)
        for index, weight in ((found.x, math.cos(math.radians(phase))), (found.y, math.sin(math.radians(phase))))
    )
    attrs = {
        "channel": name,
        "channel_rule": f"lock-in X and {header.channels[found.y]} rotated by {phase:.4g}°, {how}",
        "lockin_phase": phase,
        **_averages(header, members[found.x], found.x, reading),
    }
    return ChannelTerms(replace(choice, index=found.x, name=name, long_name="dI/dV", derive=False), terms, attrs)


def _averaged(header: GridHeader, index: int, reading: Reading) -> list[int]:
    return averaged_channels(header.channels, index, backward=reading.average_backward, sweeps=reading.average_sweeps)


def _averages(header: GridHeader, members: list[int], index: int, reading: Reading) -> dict[str, str]:
    if len(members) == 1:
        return {}
    others = [header.channels[member] for member in members if member != index]
    if not reading.average_sweeps:
        return {"backward": f"averaged with {others[0]}"}
    return {"sweeps": f"average of {', '.join(header.channels[member] for member in members)}"}
