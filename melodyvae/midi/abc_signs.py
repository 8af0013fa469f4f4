"""The signs between the notes of ABC: bar lines, tuplets, broken rhythms, loudness and rests."""

import re

from melodyvae.midi.abc_fields import TuneError
from melodyvae.midi.abc_voice import VELOCITIES, Voice


def read_sign(token: re.Match[str], voice: Voice) -> None:
    """Reads what stands between the notes of a voice; ornaments and the like are skipped.

    Args:
      token: as `abc_tokens.split_music` returns it.
      voice: gets its meaning.

    Raises:
      TuneError: if the sign is damaged.
    """
    match token.lastgroup:
        case 'bar':
            _read_bar_line(token, voice)
        case 'broken':
            voice.break_rhythm(token[0])
        case 'tuplet':
            _read_tuplet(token[0], voice)
        case 'loudness':
            voice.settings.velocity = VELOCITIES[token['level']]
        case 'bars_rest':
            voice.rest_bars(int(token['bars'] or 1))
        case 'overlay':
            voice.overlay()


def _read_bar_line(token: re.Match[str], voice: Voice) -> None:
    ending = token['ending'] or token['lone_ending']
    signs = token[0].partition('[' if token['lone_ending'] else ending or ' ')[0]
    if ending:
        signs = signs.removesuffix('[')
    signs = signs.strip(' .')
    voice.end_bar(
        ends_section=signs not in ('|', ''),
        begins_other_ending=ending not in (None, '1'),
    )


def _read_tuplet(text: str, voice: Voice) -> None:
    """Reads `(p:q:r`, which plays p notes in the time of q, for the next r notes."""
    count, time, notes = (text[1:] + '::').split(':')[:3]
    compound = voice.settings.metre in ((6, 8), (9, 8), (12, 8))
    by_count = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}
    p = int(count)
    q = int(time) if time else by_count.get(p, 3 if compound else 2)
    if not p or not q:
        raise TuneError(f'no tuplet {text!r}')
    voice.begin_tuplet((q, p), int(notes) if notes else p)
