"""Writes Nanonis grids (``.3ds``) with every quirk that the reader must handle."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

CHANNELS = ("Current (A)", "LI Demod 1 X (A)", "LI Demod 1 Y (A)")
EXPERIMENT = "X (m);Y (m);Z (m);Z offset (m);Settling time (s);Integration time (s);Z-Ctrl hold;Final Z (m)"


@dataclass
class GridFile:
    """A grid to write: change what the test is about, then call :meth:`write`."""

    columns: int = 4
    rows: int = 3
    points: int = 8
    channels: tuple[str, ...] = CHANNELS
    sweep: tuple[float, float] = (-0.5, 0.5)
    sweep_signal: str = "Bias (V)"
    center: tuple[float, float] = (3e-8, -2e-8)
    size: tuple[float, float] = (8e-9, 6e-9)
    angle: float = 0.0
    layout: str = "centres"
    order: str = "rows"
    header: dict[str, str | None] = field(default_factory=dict)
    """Header lines to replace, add, or (None) leave out."""
    raw_lines: tuple[str, ...] = ()
    line_end: str = "\r\n"
    encoding: str = "utf-8"
    seed: int = 1
    spectra: np.ndarray = field(default_factory=lambda: np.empty(0))
    """Shape (rows, columns, channels, points); random numbers of about 1 nA without it."""

    def __post_init__(self):
        rng = np.random.default_rng(self.seed)
        if self.spectra.size == 0:
            shape = (self.rows, self.columns, len(self.channels), self.points)
            self.spectra = (1e-9 * (1 + rng.random(shape))).astype(np.float32)
        self.spectra = np.asarray(self.spectra, dtype=np.float32)
        self.height = (1e-9 * (1 + rng.random((self.rows, self.columns)))).astype(np.float32)

    @property
    def names(self) -> list[str]:
        names = []
        for key, default in (("Fixed parameters", "Sweep Start;Sweep End"), ("Experiment parameters", EXPERIMENT)):
            text = self.header.get(key, default)
            names += [name for name in (text or "").strip('"').split(";") if name]
        return names

    @property
    def record_bytes(self) -> int:
        return 4 * (len(self.names) + len(self.channels) * self.points)

    def sequence(self) -> list[tuple[int, int]]:
        """(row, column) of each record in the order of the file."""
        places = [(row, column) for row in range(self.rows) for column in range(self.columns)]
        if self.order == "meander":
            places = [(row, self.columns - 1 - column if row % 2 else column) for row, column in places]
        elif self.order == "down":
            places = [(self.rows - 1 - row, column) for row, column in places]
        return places

    def position(self, row: int, column: int) -> tuple[float, float]:
        """Position of a pixel in m; the angle of the frame counts clockwise."""
        along = []
        for index, count, length in ((column, self.columns, self.size[0]), (row, self.rows, self.size[1])):
            if self.layout == "edges":
                along.append((index / max(count - 1, 1) - 0.5) * length)
            else:
                start = 0.0 if self.layout == "corners" else 0.5
                along.append(((index + start) / count - 0.5) * length)
        angle = np.deg2rad(self.angle)
        u, v = along
        return (
            self.center[0] + u * np.cos(angle) + v * np.sin(angle),
            self.center[1] - u * np.sin(angle) + v * np.cos(angle),
        )

    def records(self) -> np.ndarray:
        """All records, shape (record, value), in the order of the file."""
        records = []
        for row, column in self.sequence():
            x, y = self.position(row, column)
            known = {
                "Sweep Start": self.sweep[0],
                "Sweep End": self.sweep[1],
                "X (m)": x,
                "Y (m)": y,
                "Z (m)": self.height[row, column],
                "Scan:Z (m)": 2 * self.height[row, column],
                "Settling time (s)": 1e-3,
                "Integration time (s)": 5e-3,
                "Z-Ctrl hold": 1.0,
                "Final Z (m)": np.nan,
            }
            parameters = [known.get(name, 0.0) for name in self.names]
            records.append(np.concatenate([parameters, self.spectra[row, column].ravel()]))
        return np.array(records, dtype=">f4")

    def header_bytes(self) -> bytes:
        lines = {
            "Grid dim": f'"{self.columns} x {self.rows}"',
            "Grid settings": ";".join(f"{number:.6E}" for number in (*self.center, *self.size, self.angle)),
            "Filetype": "Linear",
            "Sweep Signal": f'"{self.sweep_signal}"',
            "Fixed parameters": '"Sweep Start;Sweep End"',
            "Experiment parameters": f'"{EXPERIMENT}"',
            "# Parameters (4 byte)": str(len(self.names)),
            "Experiment size (bytes)": str(4 * self.points * len(self.channels)),
            "Points": str(self.points),
            "Channels": '"' + ";".join(self.channels) + '"',
            "Delay before measuring (s)": "0.000000E+0",
            "Experiment": '"Grid Spectroscopy"',
            "Start time": '"24.04.2024 15:17:05"',
            "End time": '"24.04.2024 15:19:45"',
            "User": "",
            "Comment": "",
            **self.header,
        }
        text = [f"{key}={value}" for key, value in lines.items() if value is not None]
        return (self.line_end.join([*text, *self.raw_lines, ":HEADER_END:"]) + self.line_end).encode(self.encoding)

    def content(self) -> bytes:
        return self.header_bytes() + self.records().tobytes()

    def write(self, path: Path, *, keep_records: float | None = None, zero_records: int = 0) -> Path:
        """Write the file, with the first `keep_records` records only, then `zero_records` laid out in advance."""
        data = self.records().tobytes()
        if keep_records is not None:
            data = data[: round(keep_records * self.record_bytes)]
        path.write_bytes(self.header_bytes() + data + bytes(zero_records * self.record_bytes))
        return path
