"""The tempo and the time signature of clips: those of the library, and of its single loops."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Self, TypeGuard

import numpy as np

from melodyvae.config.check import METRE
from melodyvae.midi.piece import DEFAULT_TEMPO, MAX_TEMPO, MIN_TEMPO

COMMON = '4/4'


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Timing:
    """The timing of a library and of its loops, by their places on the pad.

    Attributes:
      tempo: median of the files, in quarter notes per minute.
      metre: the most common time signature of the loops, such as '3/4'.
      z: `[places, latent]` float64, places of loops; none unless their tempos or metres differ.
      tempos, metres: of the loop at each place.
    """

    tempo: float = DEFAULT_TEMPO
    metre: str = COMMON
    z: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros((0, 2)))
    tempos: tuple[float, ...] = ()
    metres: tuple[str, ...] = ()

    def tempo_at(self, z: np.ndarray) -> float:
        """Returns the tempo of the loop that is nearest to a point, `[latent]` floats."""
        return self.tempos[self._find_nearest(z)] if len(self.z) else self.tempo

    def metre_at(self, z: np.ndarray) -> str:
        """Returns the time signature of the loop that is nearest to a point."""
        return self.metres[self._find_nearest(z)] if len(self.z) else self.metre

    def _find_nearest(self, z: np.ndarray) -> int:
        return int(((self.z - z) ** 2).sum(axis=1).argmin())

    def to_dict(self) -> dict[str, Any]:
        """Returns the timing as the JSON values that summaries and metadata hold."""
        values: dict[str, Any] = {'tempo': self.tempo, 'metre': self.metre}
        if len(self.z):
            z = np.round(self.z, 4).tolist()
            values['own_loops'] = {'z': z, 'tempos': self.tempos, 'metres': self.metres}
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], latent: int = 2) -> Self:
        """Reads what `to_dict` returned, or anything else; what cannot be used is left out."""
        tempo, metre = values.get('tempo'), values.get('metre')
        library = cls(
            float(tempo) if _is_tempo(tempo) else DEFAULT_TEMPO,
            metre if _is_metre(metre) else COMMON,
        )
        try:
            own = values['own_loops']
            z = np.array(own['z'], np.float64).reshape(-1, latent)
            tempos, metres = tuple(own['tempos']), tuple(own['metres'])
        except (KeyError, TypeError, ValueError):
            return library
        fits = len(z) == len(tempos) == len(metres) and np.isfinite(z).all()
        if not (fits and all(map(_is_tempo, tempos)) and all(map(_is_metre, metres))):
            return library
        return dataclasses.replace(library, z=z, tempos=tempos, metres=metres)


UNKNOWN = Timing()


def count_bar(metre: str) -> float:
    """Returns the length of a bar in quarter notes."""
    numerator, denominator = map(int, metre.split('/'))
    return 4 * numerator / denominator


def _is_tempo(value: Any) -> TypeGuard[float]:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and MIN_TEMPO <= value <= MAX_TEMPO


def _is_metre(value: Any) -> TypeGuard[str]:
    return isinstance(value, str) and METRE.fullmatch(value) is not None
