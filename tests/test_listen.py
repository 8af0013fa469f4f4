"""The blind listening test, answered in a real browser."""

import html
import json
import re

import numpy as np
import pytest
from browsers import run_script

from benchmarks.libraries import made_loops
from melodyvae.loops.loops import Loops
from melodyvae.loops.pattern import pattern_notes
from melodyvae.playing.player import Player
from models import listen

from runs import made_model, make_run_with_loops, small_config


def read_notes(page: str) -> list[list[list[float]]]:
    """What each button of a page plays."""
    found = re.findall(r'data-notes=(["\'])(.*?)\1', page)
    return [json.loads(html.unescape(text)) for _, text in found]


def onsets_of(loops: Loops) -> set:
    """The pitches and starts of each loop, to a thousandth of a quarter note."""
    notes = [pattern_notes(pattern, loops.grid) for pattern in loops]
    return {tuple(sorted(zip(one.pitch, one.start.round(3), strict=True))) for one in notes}


def test_a_listener_answers_and_the_page_counts(golden_loops, tmp_path):
    run = make_run_with_loops(tmp_path / 'run', golden_loops)
    page = tmp_path / 'listen.html'
    listen.main([str(run.path), f'--output={page}'])
    played = read_notes(page.read_text(encoding='utf-8'))
    known = onsets_of(golden_loops.keep_highest())
    onsets = [tuple(sorted((int(pitch), at) for at, pitch, *_ in notes)) for notes in played]
    kinds = ['real' if one in known else 'made' for one in onsets]
    assert len(set(onsets)) == 40 and kinds.count('real') == 20
    assert 5 < kinds[:20].count('real') < 15  # in mixed order

    answers = list(kinds)
    for kind, other, count in (('real', 'made', 3), ('made', 'real', 5)):
        for index in [i for i, one in enumerate(kinds) if one == kind][:count]:
            answers[index] = other
    seen = run_script('blind.mjs', page, json.dumps(answers))
    assert seen['errors'] == [] and seen['requests'] == [page.as_uri()]
    assert seen['playing'] == ['Loop 1']
    assert set(seen['before']) == {''}
    assert seen['counts'][:-1] == [f'{n} of 40 answered.' for n in range(1, 40)]
    assert seen['counts'][-1] == (
        '32 of 40 right: 17 of 20 real loops and 15 of 20 made ones. '
        'By guessing, 20 are right on average, and 14 to 26 in 96% of tests.'
    )
    assert seen['shown'] == kinds and seen['open'] == 0
    for view in seen['views']:
        assert view['overflow'] == 0 and view['cutOff'] == view['faint'] == []


def test_the_seed_chooses_loops_and_order(golden_loops, tmp_path):
    player = Player.of(made_model(small_config()), 0.2)
    pages = []
    for seed in (1, 1, 2):
        listen.write_listening_page(player, golden_loops, tmp_path / 'page.html', seed=seed)
        pages.append(read_notes((tmp_path / 'page.html').read_text(encoding='utf-8')))
    assert pages[0] == pages[1] != pages[2]


def test_the_lengths_of_drums_do_not_tell(tmp_path):
    config = small_config('rhythmvae')
    path, library = tmp_path / 'page.html', made_loops(config.grid, 30)
    listen.write_listening_page(Player.of(made_model(config), 0.2), library, path)
    page = path.read_text(encoding='utf-8')
    assert {length for notes in read_notes(page) for _, _, length, _ in notes} == {0.25}
    assert len(read_notes(page)) == 40 and 'data-drums="1"' in page


def test_a_small_library_is_refused_in_one_sentence(golden_loops, tmp_path):
    player = Player.of(made_model(small_config()), 0.2)
    copies = golden_loops.take(np.arange(30) % 19)
    with pytest.raises(listen.UserError, match='only 19 different loops in the library'):
        listen.write_listening_page(player, copies, tmp_path / 'page.html')
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(SystemExit) as ended:
        listen.main([str(tmp_path / 'absent'), f'--output={tmp_path / "page.html"}'])
    assert 'absent' in str(ended.value)
