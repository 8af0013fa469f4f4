"""Scores of MusicXML, made of their elements."""

from melodyvae.midi.musicxml import read_musicxml

BACK = '<backup><duration>16</duration></backup>'
START, STOP = '<tie type="start"/>', '<tie type="stop"/>'


def note(pitch, duration, before='', after=''):
    """A note such as 'C4', 'Bb3' or 'F#5', in sixteenths."""
    step, octave = pitch[0], pitch[-1]
    alter = {'b': -1, '#': 1}.get(pitch[1:-1], 0)
    return (
        f'<note>{before}<pitch><step>{step}</step><alter>{alter}</alter><octave>{octave}</octave>'
        f'</pitch><duration>{duration}</duration>{after}</note>'
    )


def bars(*contents, attributes=''):
    """The bars of a part in 4/4, at 4 divisions a quarter."""
    first, *others = contents
    first = (
        f'<attributes><divisions>4</divisions><time><beats>4</beats><beat-type>4</beat-type></time>'
        f'{attributes}</attributes>{first}'
    )
    return ''.join(f'<measure>{content}</measure>' for content in (first, *others))


def score(*parts, infos=None):
    infos = infos or [''] * len(parts)
    listed = ''.join(f'<score-part id="P{n}">{info}</score-part>' for n, info in enumerate(infos))
    played = ''.join(f'<part id="P{n}">{part}</part>' for n, part in enumerate(parts))
    return f'<score-partwise><part-list>{listed}</part-list>{played}</score-partwise>'


def read_score(folder, text):
    path = folder / 'score.musicxml'
    path.write_text(text)
    return read_musicxml(path)


WHOLE = note('C4', 16)
ONE_NOTE = score(bars(WHOLE))
