"""A run's report: in a real browser, with hostile names, and with pieces missing."""

import base64
import csv
import html
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from browsers import assert_sound, run_script

from melodyvae.config.settings import Config
from melodyvae.evaluation.evaluate import evaluate
from melodyvae.ingest.file_report import FileReport
from melodyvae.ingest.file_report import write_report as write_files_report
from melodyvae.loops.loops import Loops
from melodyvae.loops.pattern import NOTE
from melodyvae.pages.report import write_report
from melodyvae.playing.latent import z_random
from melodyvae.playing.outputs import write_outputs
from melodyvae.runs.folder import RunFolder
from melodyvae.runs.load import load_player
from melodyvae.system.errors import UserError
from melodyvae.training.split import split

import golden_files
from runs import made_model, make_run_with_loops, small_config

SECTIONS = [
    'Load it in Max',
    'Generated patterns',
    'Your loops',
    'Latent map',
    'Data',
    'For researchers',
    'Reconstruction',
    'Evaluation',
    'Training',
    'Settings',
]
HOSTILE = [
    '<script>alert(1)</script>.mid',
    '"><img src=x onerror=alert(2)>.mid',
    "' autofocus onfocus='alert(3)' x='.mid",
    '{{ 7919 * 7907 }}{% raw %}.mid',
    'javascript:alert(4)&lt;b&gt;.mid',
    'long' * 60 + '.mid',
]


def drum_loops() -> Loops:
    files = golden_files.read('rhythmvae.patterns.greedy.json')
    entries = [
        (name, [(i, cells(pattern)) for i, pattern in enumerate(file['patterns'])])
        for name, file in files.items()
        if file['patterns']
    ]
    return Loops.from_files(entries, small_config('rhythmvae').grid)


def cells(pattern) -> np.ndarray:
    """A golden pattern; the drum device knows no durations."""
    return np.array([tuple(0.125 if x is None else x for x in cell) for cell in pattern], NOTE)


def make_finished_run(path: Path, loops: Loops, config: Config) -> RunFolder:
    """A run with all that training leaves, by an untrained model."""
    run = make_run_with_loops(path, loops, config)
    reports = [FileReport(name.replace('\udcff', '?'), 2, 1) for name in loops.files]
    reports.append(FileReport('empty.mid', 0, reason='no notes'))
    write_files_report(reports, run.data / 'report.csv')
    training, held_out = split(loops, config)
    run.write_summary(
        run.summary
        | {
            'files': len(loops.files),
            'loops': len(loops),
            'training_loops': len(training),
            'validation_loops': len(held_out),
            'shipped_epoch': 2,
            'objective': 123.4,
            'tempo': 90.0,
        }
    )
    if len(held_out):
        model = made_model(config)
        evaluate(model, loops, threshold=0.2, training_loops=loops).write(run.evaluation)
    names = ['beta', 'learning_rate', 'kl', 'objective']
    names += [f'{name}_loss' for name in config.features]
    names += [f'val_{name}' for name in names[2:]]
    with run.metrics.open('w', newline='') as file:
        writer = csv.writer(file)
        writer.writerow(['epoch', *names])
        writer.writerows(
            [epoch, *(100.0 / (epoch + place + 1) for place in range(len(names)))]
            for epoch in range(3)
        )
    write_outputs(load_player(path), z_random(16), run.midi)
    model = path / f'{config.name}.model'
    model.mkdir()
    (model / 'model.json').write_text('{}')  # the report only looks whether it is there
    return run


@pytest.fixture(scope='module')
def finished(golden_loops, tmp_path_factory) -> RunFolder:
    path = tmp_path_factory.mktemp('runs') / 'melody'
    run = make_finished_run(path, golden_loops, small_config())
    write_report(run)
    return run


@pytest.fixture(scope='module')
def drums(tmp_path_factory) -> RunFolder:
    """A run of drums with hostile names. As Linux has them, they need not be text."""
    loops = drum_loops()
    names = [HOSTILE[number % len(HOSTILE)] for number in range(len(loops.files))]
    entries = [(f'\udcff{name}', [(0, loops[number])]) for number, name in enumerate(names)]
    path = tmp_path_factory.mktemp('runs') / 'drums'
    loops = Loops.from_files(entries, loops.grid)
    run = make_finished_run(path, loops, small_config('rhythmvae'))
    reports = [FileReport(name, 0, reason=name) for name in HOSTILE[:-1]]
    write_files_report(reports, run.data / 'report.csv')
    next(run.midi.glob('*.mid')).rename(run.midi / '\udcff"<script>alert(5)<_script>.mid')
    write_report(run)
    return run


@pytest.fixture
def copied(finished, tmp_path) -> RunFolder:
    """The finished run in a place of its own."""
    shutil.copytree(finished.path, tmp_path / 'run')
    return RunFolder(tmp_path / 'run')


def look(page: Path) -> dict:
    """What Chromium makes of a report."""
    found = run_script('check.mjs', page, page.parent)
    assert_sound(found['views'])
    assert found['errors'] == [] and found['requests'] == [page.as_uri()]
    for view in found['views']:
        assert view['scripts'] == 1 and view['headings'][1:] == SECTIONS
    return found['views']


def text_of(run: RunFolder) -> str:
    """The words of a report that is written again."""
    return read_text(write_report(run))


def read_text(report: Path) -> str:
    page = report.read_text(encoding='utf-8')
    return html.unescape(re.sub(r'<[^>]*>', ' ', page[page.index('<body') : page.index('<script')]))


def test_a_browser_shows_all_of_it(finished):
    views = look(finished.path / 'report.html')
    assert {view['headings'][0] for view in views} == {finished.path.name}
    loops = finished.loops()
    first = split(loops, finished.config)[1].loop[0]
    midi = [file.name for file in finished.midi.iterdir()]
    assert midi
    assert {(view['images'], view['rolls']) for view in views} == {
        (2 + 8, len(midi) + 4 * 2 + 4 * 2 * 5)
    }
    for words in (
        'melodyvae_improved',
        'Threshold: leave it at 20;',
        'Duration: 4; at 1, where it stands,',
        'Pad: -2 to 2;',
        'melodyvae_improved.model',
        *midi,
        f'{loops.files[loops.file[first]]}, loop {loops.position[first] + 1}',
        'timeshift: decoded',
        'On the pad',
        'Surprise per note',
        'Variety',
        'Note recall, as played',
        'Loss at beta 1',
        'empty.mid',
        'no notes',
        'training.batch_size',
    ):
        assert words in views[0]['text'], words
    text = views[0]['text']
    assert text.index('Variety') < text.index('For researchers') < text.index('Weights of epoch')
    researchers = text.rindex('For researchers')
    assert researchers < text.index('Reconstruction') < text.index('Note recall, as played')
    assert (finished.path / 'report.html').stat().st_size < 2e6


def test_a_browser_shows_drums_and_hostile_names_as_text(drums):
    page = drums.path / 'report.html'
    views = look(page)
    for name in HOSTILE[:-1]:
        assert name in views[0]['text']
    assert page.read_text(encoding='utf-8').count('<script') == 1
    assert '62615533' not in views[0]['text']  # what the template would make of 7919 * 7907
    assert 'Grid offset: 0.67; at 1, where it stands,' in views[0]['text']
    assert 'Threshold' not in views[0]['text']
    assert 'duration: decoded' not in views[0]['text']
    assert 'closed hi-hat' in page.read_text(encoding='utf-8')


def listen(page: Path) -> dict:
    """What is heard of two patterns of a report."""
    heard = run_script('listen.mjs', page)
    assert heard['errors'] == []
    first, second = heard['pressed']
    assert heard['sounding']['names'] == [first] and heard['changed'] == [second]
    assert heard['stopped']['names'] == []
    assert heard['sounding']['loudest'] >= 0.01 > 1e-4 > heard['stopped']['loudest']
    return heard


def test_patterns_are_played_in_their_tempo(finished):
    heard = listen(finished.report)
    midi = sorted(file.name for file in finished.midi.glob('*.mid'))
    assert heard['names'][: len(midi)] == midi
    assert sum(name.endswith(', the loop') for name in heard['names']) == 4 + 4
    onsets, starts = heard['notes'], heard['starts']
    assert len(starts) == len(onsets) > 1
    for (at, pitch, *_), start in zip(onsets, starts, strict=True):
        assert start['when'] - starts[0]['when'] == pytest.approx((at - onsets[0][0]) * 60 / 90)
        assert start['frequency'] == pytest.approx(440 * 2 ** ((pitch - 69) / 12), rel=1e-4)


def test_drums_are_heard(drums):
    heard = listen(drums.path / 'report.html')
    assert {pitch for _, pitch, *_ in heard['notes']} <= {36, 37, 38, 39, 41, 42, 45, 46, 48}
    assert len(heard['starts']) >= len(heard['notes'])


def test_held_out_files_are_named(finished):
    loops = finished.loops()
    text = ' '.join(read_text(finished.report).split())
    held_out = split(loops, finished.config)[1].loop
    for file in np.unique(loops.file[held_out]):
        count, every = np.sum(loops.file[np.unique(held_out)] == file), np.sum(loops.file == file)
        assert f'{loops.files[file]} {count} {every} ' in text
    assert 'Files with loops that were held out' in text


def test_nothing_held_out_leaves_the_first_screen_whole(golden_loops, tmp_path):
    # As the released Original, which plays chords too.
    config = small_config('melodyvae_original:js')
    config.data.transpositions = ()
    run = make_finished_run(tmp_path / 'run', golden_loops, config)
    text = ' '.join(text_of(run).split())
    for words in ('% yours', 'Notes per loop', 'Duplicate bars', 'Variety', '--resume'):
        assert (words in text) == (words != '--resume')
    assert 'none was held out' in text and 'Files with loops that were held out' not in text


def test_links_hold_the_midi_files(finished):
    page = (finished.path / 'report.html').read_text(encoding='utf-8')
    links = re.findall(r'<a download="([^"]*)" href="data:audio/midi;base64,([^"]*)"', page)
    files = sorted(finished.midi.glob('*.mid'))
    assert [html.unescape(name) for name, _ in links] == [file.name for file in files]
    for (_, content), file in zip(links, files, strict=True):
        assert base64.b64decode(content) == file.read_bytes()


@pytest.mark.parametrize(
    'gone',
    [
        {
            'evaluation.json': 'run melodyvae evaluate',
            'metrics.csv': 'No epoch has ended',
            'midi': 'The run has no generated MIDI',
            'melodyvae_improved.model': 'The model was not exported',
            'summary.json': 'Threshold: leave it at 20',
            'model.keras': 'has no checkpoint',
            'data/report.csv': 'The dataset has no report.csv',
        },
        {'data': 'is not a dataset', 'metrics.csv': 'No epoch has ended'},
    ],
)
def test_what_is_gone_is_named_in_its_place(copied, gone):
    for name in gone:
        path = copied.path / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    text = ' '.join(text_of(copied).split())
    for name, words in gone.items():
        assert (words in text) == (name != 'summary.json'), words
    assert all(section in text for section in SECTIONS)


def test_a_stopped_run_says_how_it_goes_on(copied):
    assert '--resume' not in read_text(copied.report)
    shutil.rmtree(copied.midi)
    shutil.rmtree(copied.path / 'melodyvae_improved.model')
    copied.evaluation.unlink()
    views = look(write_report(copied))
    assert 'melodyvae_train --run_dir=RUN --resume' in views[0]['text']
    assert {(view['images'], view['rolls']) for view in views} == {(2 + 8, 4 * 2 + 4 * 2 * 5)}


def test_a_config_and_a_long_list_of_files_give_a_report(tmp_path):
    config = small_config()
    config.data.path = 'data'
    run = RunFolder.create(tmp_path / 'run', config)
    run.data.mkdir()
    reports = [FileReport(f'{number}.mid', number % 2, reason='odd') for number in range(250)]
    write_files_report(reports, run.data / 'report.csv')
    text = ' '.join(text_of(run).split())
    assert 'has no checkpoint' in text and 'model.hidden' in text and 'And 150 more' in text
    assert '98.mid' in text and ' 1.mid' not in text  # files that gave nothing come first
    assert '<img' not in run.report.read_text(encoding='utf-8')


@pytest.mark.parametrize(
    'broken',
    [
        {
            'evaluation.json': '{"loops": ',
            'metrics.csv': 'epoch,kl\n0,x\n',
            'data/report.csv': 'path,too_few_onsets\na.mid,3\n',
            'model.keras': 'no model',
            'midi/000.mid': 'no MIDI',
        },
        {
            'evaluation.json': '[1, 2]',
            'metrics.csv': 'epoch,kl\n0\n',
            'data/report.csv': 'path,kept,too_few_onsets,reason\na.mid,x,0,\n',
            'data/dataset.json': '[]',
        },
        {
            'evaluation.json': '{"loops": "many"}',
            'metrics.csv': 'kl\n1\n',
            'model.keras': 'no model',
        },
    ],
)
def test_what_cannot_be_read_is_named(copied, broken):
    for file, content in broken.items():
        (copied.path / file).write_text(content)
    page = write_report(copied).read_text(encoding='utf-8')
    sentences = re.findall('<p(?: class="missing")?>([^<]*)</p>', page)
    for file in broken:
        name = 'data ' if file == 'data/dataset.json' else Path(file).name
        assert any(name in sentence for sentence in sentences), file


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    with pytest.raises(UserError, match='is not a run folder'):
        write_report(RunFolder(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_the_browser_check_sees_what_is_wrong(tmp_path):
    page = tmp_path / 'bad.html'
    page.write_text(
        '<h1>Bad</h1><div style="width: 900px">wide</div><img src="missing.png">'
        '<div style="width: 90px; overflow: hidden; white-space: nowrap">cut off by its box</div>'
        '<p style="color: #aaa; background: #fff">faint</p>'
        '<svg viewBox="0 0 9 9" width="9"><g id="g"><text>name</text></g><use href="#g"/></svg>'
        '<table><tr><th scope="row" style="display: block; width: 20px">squeezed</th></tr></table>'
        '<script>console.error("broken"); alert("hello")</script>'
    )
    found = run_script('check.mjs', page, tmp_path)
    for words in ('broken', 'hello'):
        assert any(words in error for error in found['errors'])
    assert any('missing.png' in request for request in found['requests'])
    for view in found['views']:
        assert any('cut off' in name for name in view['cutOff'])
        assert any('wide' in name for name in view['cutOff']) == (view['width'] == 400)
        assert (view['overflow'] > 0) == (view['width'] == 400)
        assert view['outside'] == ['#g']
        assert any('faint' in name for name in view['faint'])
        assert any('squeezed' in name for name in view['squeezed'])
        assert (view['brokenImages'], view['unnamedImages'], view['scripts']) == (1, 2, 1)
