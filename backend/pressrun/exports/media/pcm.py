"""Speech as samples: 16 bit, one channel, `RATE` a second.

That is what espeak-ng and most voices of Piper speak; speech has nothing to lose above 11 kHz. Blocks; pure.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

RATE: Final = 22_050
_SILENT: Final = 200  # of 32 768 (-44 dB): below what a voice says, above what it hisses
_AROUND: Final = RATE // 50  # 20 ms are left at both ends, so that no sound is cut
_HEAD: Final = struct.Struct("<4sI")
_FORMAT: Final = struct.Struct("<HHIIHH")


@dataclass(frozen=True, slots=True)
class Wav:
    """What a WAV file holds."""

    rate: int
    channels: int
    bits: int
    samples: bytes

    @property
    def fits(self) -> bool:
        """Whether its samples are as we keep them."""
        return (self.rate, self.channels, self.bits) == (RATE, 1, 16)


def read_wav(data: bytes) -> Wav | None:
    """None: that is none, or not of plain samples; without samples where it ends behind its header. The sizes of one
    that was written to a pipe (the largest, or 0) are not true, and not believed.
    """
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        return None
    at, rate, channels, bits = 12, 0, 0, 0
    while at + _HEAD.size <= len(data):
        name, size = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        if name == b"fmt " and len(data) >= at + _FORMAT.size:
            kind, channels, rate, _, _, bits = _FORMAT.unpack_from(data, at)
            if kind not in (1, 0xFFFE):  # PCM, or PCM with a longer header
                return None
        if name == b"data":
            samples = data[at : at + size] if size or _is_chunks(data, at) else data[at:]
            return Wav(rate, channels, bits, samples[: len(samples) // 2 * 2])
        at += size + size % 2
    return Wav(rate, channels, bits, b"") if rate else None


def _is_chunks(data: bytes, at: int) -> bool:
    """Whether from there on it is whole chunks to the end, or nothing."""
    while at + _HEAD.size <= len(data):
        at += _HEAD.size + (size := _HEAD.unpack_from(data, at)[1]) + size % 2
    return at == len(data)


def trimmed(samples: bytes) -> bytes:
    """Without the silence at both ends; empty where nothing is to be heard."""
    values = _values(samples)
    loud = (index for index, value in enumerate(values) if not -_SILENT < value < _SILENT)
    first = next(loud, None)
    if first is None:
        return b""
    last = next(index for index in range(len(values) - 1, -1, -1) if not -_SILENT < values[index] < _SILENT)
    return samples[2 * max(0, first - _AROUND) : 2 * (last + 1 + _AROUND)]


def silence(samples: int) -> bytes:
    """So many samples of nothing."""
    return bytes(2 * samples)


def silences(samples: int) -> Iterator[bytes]:
    """The same in pieces of a second: a slide may be shown for an hour."""
    while samples > 0:
        yield silence(min(samples, RATE))
        samples -= RATE


def seconds_of(sound: Path) -> float:
    """How long the samples in that file sound."""
    return sound.stat().st_size / 2 / RATE


def _values(samples: bytes) -> array[int]:
    values = array("h", samples)
    if sys.byteorder == "big":
        values.byteswap()
    return values
