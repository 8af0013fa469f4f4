"""The studio from dropped files to a played pad, and all that it refuses."""

import json
import shutil
import signal
import zipfile
from pathlib import Path
from urllib.parse import quote

import pytest
from browsers import assert_sound, run_script

from melodyvae.pages.starters import STARTERS
from melodyvae.studio.guard import MAX_BODY, TOO_LARGE
from melodyvae.studio.server import MAX_CLIP, serve
from melodyvae.studio.trainer import Trainer

import programs
from studios import open_studio

# What Chromium prints when a request is refused.
REFUSED = 'Failed to load resource: the server responded with a status of 400 (Bad Request)'


@pytest.fixture(scope='module')
def studio(tmp_path_factory):
    with open_studio(tmp_path_factory.mktemp('studio') / 'runs', 'training.epochs=3') as opened:
        yield opened


@pytest.fixture(scope='module')
def music() -> tuple[Path, ...]:
    return (*programs.FEW_MIDI, programs.GOLDEN_MIDI / 'sparse_five_onsets.mid')


@pytest.fixture(scope='module')
def used(studio, music, tmp_path_factory) -> dict:
    folder = tmp_path_factory.mktemp('used')
    return run_script('studio.mjs', studio.address, folder, studio.folder, *music)


def test_a_signal_before_the_server_has_started_closes_it(tmp_path):
    before = {name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGHUP)}
    try:
        for name in before:
            assert serve(Trainer(tmp_path), 0, lambda _, name=name: signal.raise_signal(name)) == []
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def test_from_dropped_files_to_a_played_pad(used, music):
    assert used['troubles'] == []
    assert used['count'] == f'{len(music)} files'
    assert used['checked']['words'] == '8 clips used, 1 skipped: 40 loops.'
    assert any('sparse_five_onsets.mid: ' in file for file in used['checked']['skipped'])
    assert any('do not fill a loop' in hint for hint in used['checked']['hints'])
    assert not any('--' in hint for hint in used['checked']['hints']), 'flags are buttons'
    assert used['fitting'] == '7 clips used, 2 skipped: 36 loops.'
    assert used['seen'] == ['training', 'finished']
    assert {'Starting', 'Learning'} <= set(used['stages'])
    assert used['focused'] and used['announced'] == 'First take: finished'
    assert (used['hidden'], used['renamed']) == ('First take', 'Second name')
    assert used['left'] == ['First take']
    assert 'Trained 3 epochs' in used['words']
    assert '36 loops from 7 of 9 files' in used['log'], 'with the bars that were chosen'
    assert used['title'] == 'First take'
    assert used['origin'] == 'null', 'the report is in a sandbox'
    assert_sound(used['views'])


def test_the_address_works_from_another_site_once_and_stays_safe(used, studio):
    assert used['entered'] == f'{studio.origin}/', 'without the token'
    assert used['before'] == 'http://other.example/', 'not in the history either'
    assert used['refused'] == 'refused'


def test_the_zip_holds_the_model_and_the_dials(used, studio):
    with zipfile.ZipFile(used['zip']) as archive:
        names = {name.removeprefix('melodyvae.model/') for name in archive.namelist()}
        examples = {f'example-{number}.mid' for number in (1, 2, 3)}
        assert names == {'model.json', 'weights.bin', 'README.md', 'In Max.txt', *examples}
        assert 'threshold: leave it at 20' in archive.read('In Max.txt').decode()
        model = studio.folder / 'First take' / 'melodyvae.model' / 'model.json'
        assert archive.read('melodyvae.model/model.json') == model.read_bytes()


def test_nobody_else_is_answered(studio):
    forbidden = 403
    for path in ('/', '/events', '/runs/x/play', '/runs/x/max.zip'):
        assert studio.request(path, cookie=False)[0] == forbidden
    assert studio.request('/runs', b'', cookie=False)[0] == forbidden
    assert studio.request('/?token=guess', cookie=False)[0] == forbidden
    assert studio.request('/', cookie=False, Cookie='melodyvae_studio=guess')[0] == forbidden
    # A site of another name that leads to this machine, and one that sends forms here.
    assert studio.request('/', Host='evil.example')[0] == forbidden
    assert studio.request('/', Host='127.0.0.1:1')[0] == forbidden
    assert studio.request('/runs', b'', Origin='http://evil.example')[0] == forbidden
    assert studio.request('/runs', b'', Origin='null')[0] == forbidden
    status, text, _ = studio.request('/', Origin=studio.origin)
    assert status == 200 and studio.token not in text


def test_the_token_leaves_the_address(studio):
    status, page, headers = studio.request(f'/?token={studio.token}', cookie=False)
    assert status == 200 and 'content="0;url=/"' in page and studio.token not in page
    assert 'HttpOnly' in headers['set-cookie'] and 'SameSite=strict' in headers['set-cookie']


def test_what_is_too_large_is_refused(studio):
    status, text, _ = studio.request('/runs', b'', Content_Length=str(MAX_BODY + 1))
    assert (status, text) == (413, TOO_LARGE)


@pytest.mark.parametrize('name', ['../up', '/etc', '.studio', '', 'a/b', 'x' * 61, 'a\x00b', '..'])
def test_no_path_is_taken_from_the_browser(studio, music, name):
    assert 'A name is' in studio.train(name, files=music[:1])
    status, _, _ = studio.request(f'/runs/{quote(name, safe="")}/play')
    assert status in (400, 404)
    assert sorted(path.name for path in studio.folder.parent.iterdir()) == ['runs']


def test_what_cannot_be_trained_is_said(studio, used, music):
    assert 'exists already' in studio.train('First take', files=music[:1])
    assert 'no such preset' in studio.train('another', config='/etc/passwd', files=music[:1])
    assert 'No file was dropped' in studio.train('another')
    assert 'no such run' in studio.act('another', 'stop')
    assert 'no such run' in studio.act('another', 'resume')


def assert_played(used: dict, clip: Path) -> None:
    """Asserts that a pad was played while it learned, and was stopped; see `learn.mjs`."""
    assert used['troubles'] == []
    assert 'of 100000 epochs' in used['first']['learning']
    assert used['placed']['place'] != used['first']['place']
    assert used['placed']['loops'][0] == f'{clip.name}, loop 1'
    assert used['end']['place'] == used['again']['place'] == used['placed']['last']
    assert {used[when]['isPlaying'] for when in ('first', 'end', 'again')} == {'true'}
    assert 'Stopped after' in used['end']['words'] and 'live' not in used['end']['files']
    assert_sound(used['views'])


def test_a_training_is_played_stops_goes_on_and_ends_with_the_studio(music, tmp_path):
    run = tmp_path / 'runs' / 'long'
    with open_studio(tmp_path / 'runs', 'training.epochs=100000') as studio:
        assert studio.train('long', files=music) == ''
        used = run_script('learn.mjs', studio.address, tmp_path, run, music[0])
        assert_played(used, music[0])
        waits = 'Waiting for another training'
        with open_studio(tmp_path / 'runs') as second:
            assert second.train('other', files=music) == ''
            second.wait('other', lambda run: run['stage'] == waits)
        assert studio.train('other', files=music) == ''
        studio.wait('other', lambda run: run['stage'] == waits)
        assert studio.act('other', 'stop') == ''
        assert studio.wait('long', lambda run: True)['live'] > 0
    with open_studio(tmp_path / 'runs') as studio:
        stopped = studio.wait('long', lambda run: run['state'] != 'training')
        assert stopped['state'] == 'stopped' and 'Stopped in epoch' in stopped['sentence']
        assert stopped['live'] == 0


def test_models_are_dropped_on_the_page(trained, music, tmp_path):
    copies = [tmp_path / name for name in ('first.html', 'second.html', 'report.html')]
    for copy, page in zip(copies, ('play', 'play', 'report'), strict=True):
        shutil.copy(trained[0] / f'{page}.html', copy)
    model = trained[0] / 'melodyvae.model'
    again = shutil.copytree(model, tmp_path / 'again.model')
    together = ','.join(map(str, (*copies[:2], model, again, music[0])))
    with open_studio(tmp_path / 'runs') as studio:
        used = run_script('models.mjs', studio.address, together, trained[0], copies[2])
    assert used['titles'] == list(STARTERS.values())
    assert [len(step['runs']) for step in used['seen']] == [1, 2, 6, 7, 7]
    assert used['seen'][1]['runs'] == ['groove', 'folk'], 'the latest is the first'
    copied = ['run', *(f'run {number}' for number in range(2, 6))]
    assert sorted(used['seen'][4]['runs']) == ['folk', 'groove', *copied]
    *none, refusal = [step['trouble'] for step in used['seen']]
    assert none == [''] * 4 and 'This page holds no model' in refusal
    assert sorted(used['played']) == sorted(used['seen'][4]['runs'])
    assert used['count'] == '1 file', 'music beside models is checked'
    assert used['troubles'] == [REFUSED]


def test_a_clip_has_its_place(studio, used, music, tmp_path):
    def locate(run: str, clip: Path) -> tuple[int, str]:
        return studio.send(f'/runs/{quote(run)}/locate', clip=(clip,))

    status, text = locate('First take', music[0])
    found = json.loads(text)
    assert status == 200 and found['name'] == music[0].name and found['loops'][0]['position'] == 0
    # Files that are too large, are not music, or have names like paths; and a run that is missing.
    for run, name, content, reason in (
        ('First take', '..\\..\\broken.mid', b'MThd', 'broken.mid cannot be used: '),
        ('First take', 'words.txt', b'words', 'words.txt cannot be used: '),
        ('First take', 'long.mid', bytes(MAX_CLIP + 1), 'long.mid is too large'),
        ('another', 'a.mid', b'', 'There is no such run.'),
    ):
        (tmp_path / name).write_bytes(content)
        status, text = locate(run, tmp_path / name)
        assert status == 400 and json.loads(text)['error'].startswith(reason)
        assert str(studio.folder) not in text and '/tmp' not in text
    assert 'No file was dropped' in studio.act('First take', 'locate')
    for headers in ({'cookie': False}, {'Origin': 'http://evil.example'}, {'Host': 'evil.example'}):
        assert studio.request('/runs/First%20take/locate', b'', **headers)[0] == 403
        assert studio.request('/runs/First%20take/data', **headers)[0] == 403
    assert not (studio.folder / 'First take' / 'live').exists()


def test_a_port_that_is_taken_is_said(studio, tmp_path):
    port = studio.origin.rpartition(':')[2]
    done = programs.run('studio', tmp_path, f'--port={port}', '--noopen', check=False)
    assert f'Port {port} is taken' in programs.sentence(done)
