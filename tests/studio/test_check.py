"""The check of dropped files: counts, reasons, and buttons in place of flags."""

import io

import mido
import pytest

from melodyvae.config.presets import preset
from melodyvae.studio import check
from melodyvae.studio.check import check_choices, check_music
from melodyvae.system.errors import UserError

import programs


def drop(*names: str) -> list[tuple[str, io.BytesIO]]:
    found = [(name, (programs.GOLDEN_MIDI / name).read_bytes()) for name in names]
    return [(name, io.BytesIO(content)) for name, content in found]


def test_what_is_used_and_what_is_skipped_is_said_with_reasons():
    names = ('swing_120.mid', 'empty.mid', 'sparse_five_onsets.mid', 'waltz_3_4.mid')
    files = [*drop(*names), ('kick.wav', io.BytesIO(b'x'))]
    found = check_music(files, preset('melodyvae'))
    assert found['used'] == 2 and found['loops'] > 2 and found['kind'] == ''
    (name, reason), sparse, audio = found['skipped']
    assert name == 'empty.mid' and reason
    assert sparse == ['sparse_five_onsets.mid', 'fewer than 6 onsets in every loop']
    assert audio == ['1 .wav', 'not music']
    (hint,) = [hint for hint in found['hints'] if '3/4' in hint['words']]
    assert hint['words'].endswith('whose end stays empty.')
    assert hint['choices'] == {'grid.bars': 'fitting'}
    config = preset('melodyvae')
    config.grid.bars = 'fitting'
    assert check_music(drop('waltz_3_4.mid'), config)['loops'] == 0


def test_drums_are_recognized():
    track = mido.MidiTrack()
    for step in range(64):
        note = {'note': (36, 42, 38, 42)[step % 4], 'channel': 9}
        track.append(mido.Message('note_on', velocity=90, time=0, **note))
        track.append(mido.Message('note_off', time=120, **note))
    file = io.BytesIO()
    mido.MidiFile(tracks=[track]).save(file=file)
    for name, kind in (('melodyvae', 'drums'), ('drums', '')):
        file.seek(0)
        found = check_music([('beat.mid', file)], preset(name))
        assert found['kind'] == kind
        assert not any('--' in hint['words'] for hint in found['hints'])
    assert found['used'] == 1


@pytest.mark.parametrize('flag', check.BUTTONS)
def test_buttons_choose_settings_that_can_work(flag):
    _, choices = check.BUTTONS[flag]
    assert check_choices(choices) == choices


@pytest.mark.parametrize('choices', [None, [], {'model.hidden': 10**6}, {'data.path': '/etc'}])
def test_the_page_chooses_nothing_else(choices):
    with pytest.raises(UserError, match='The page may choose'):
        check_choices(choices)
