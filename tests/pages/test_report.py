"""A run's report: in a real browser, with hostile names, and with pieces missing."""

import base64
import html
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from browsers import assert_sound, run_script
from play_pages import make_finished_run

from melodyvae.evaluation.metrics import format_figure
from melodyvae.ingest.file_report import FileReport
from melodyvae.ingest.file_report import write_report as write_files_report
from melodyvae.ingest.ingest import read_midi
from melodyvae.loops.loops import Loops
from melodyvae.pages.report import write_report
from melodyvae.runs.folder import RunFolder
from melodyvae.system.errors import UserError
from melodyvae.training.split import split

import programs
from runs import small_config

SECTIONS = [
    *('Load it in Max', 'Generated patterns', 'Your loops', 'Latent map', 'Data'),
    *('For researchers', 'Reconstruction', 'Evaluation', 'Training', 'Settings'),
]
HOSTILE = [
    '<script>alert(1)</script>.mid',
    '"><img src=x onerror=alert(2)>.mid',
    "' autofocus onfocus='alert(3)' x='.mid",
    '{{ 7919 * 7907 }}{% raw %}.mid',
    'javascript:alert(4)&lt;b&gt;.mid',
    'long' * 60 + '.mid',
]


@pytest.fixture(scope='module')
def finished(golden_loops, tmp_path_factory) -> RunFolder:
    path = tmp_path_factory.mktemp('runs') / 'melody'
    run = make_finished_run(path, golden_loops, small_config())
    write_report(run)
    return run


@pytest.fixture(scope='module')
def drums(tmp_path_factory) -> RunFolder:
    """A run of drums with hostile names. As Linux has them, they need not be text."""
    config = small_config('rhythmvae')
    loops = read_midi(programs.GOLDEN_MIDI, config, quiet=True)
    names = [f'\udcff{number} {HOSTILE[number % len(HOSTILE)]}' for number in range(len(loops))]
    entries = [(name, [(0, loops[number])]) for number, name in enumerate(names)]
    path = tmp_path_factory.mktemp('runs') / 'drums'
    run = make_finished_run(path, Loops.from_files(entries, loops.grid), config)
    reports = [FileReport(name, 0, reason=name) for name in HOSTILE[:-1]]
    write_files_report(reports, run.data / 'report.csv')
    next(run.midi.glob('*.mid')).rename(run.midi / '\udcff"<script>alert(5)<_script>.mid')
    write_report(run)
    return run


@pytest.fixture
def copied(finished, tmp_path) -> RunFolder:
    """The finished run in a place of its own."""
    return RunFolder(shutil.copytree(finished.path, tmp_path / 'run'))


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
    views = look(finished.report)
    assert {view['headings'][0] for view in views} == {finished.path.name}
    loops = finished.loops()
    first = split(loops, finished.config)[1].loop[0]
    midi = [file.name for file in finished.midi.iterdir()]
    assert midi
    figures = json.loads(finished.evaluation.read_text())
    copies, bits = figures['exact_copies'], figures['real_bits']
    facts = (
        f'{1 - copies:.1%} new, {copies:.1%} yours',
        f'real loops: {format_figure(bits, "bits")}',
    )
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
        *facts,
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
    page = finished.report.read_text(encoding='utf-8')
    assert len(page) < 2e6
    for label in (
        'KL divergence (nats) by epoch; at the end 20 in training, held out 9.091',
        'The loops in the latent space, colored by notes in the loop',
        'The loops in the latent space, colored by mean pitch (MIDI)',
    ):
        assert f'alt="{label}"' in page
    images = re.findall(r'src="data:image/(\S+);base64,(\S+)"', page)
    assert [kind for kind, _ in images] == ['png'] * 2 + ['svg+xml'] * 8
    assert images[0] != images[1]
    assert b'<text' in base64.b64decode(images[2][1])  # words stay words


def test_a_browser_shows_drums_and_hostile_names_as_text_and_plays_drums(drums):
    page = drums.report
    views = look(page)
    for name in HOSTILE[:-1]:
        assert name in views[0]['text']
    assert page.read_text(encoding='utf-8').count('<script') == 1
    assert '62615533' not in views[0]['text']  # what the template would make of 7919 * 7907
    assert 'Grid offset: 0.67; at 1, where it stands,' in views[0]['text']
    assert 'Threshold' not in views[0]['text']
    assert 'duration: decoded' not in views[0]['text']
    assert 'closed hi-hat' in page.read_text(encoding='utf-8')
    heard = listen(page)
    assert {pitch for _, pitch, *_ in heard['notes']} <= {36, 37, 38, 39, 41, 42, 45, 46, 48}
    assert len(heard['starts']) >= len(heard['notes'])


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


def test_held_out_files_are_named_and_links_hold_the_midi_files(finished):
    loops = finished.loops()
    text = ' '.join(read_text(finished.report).split())
    held_out = split(loops, finished.config)[1].loop
    for file in np.unique(loops.file[held_out]):
        count, every = np.sum(loops.file[np.unique(held_out)] == file), np.sum(loops.file == file)
        assert f'{loops.files[file]} {count} {every} ' in text
    assert 'Files with loops that were held out' in text
    page = finished.report.read_text(encoding='utf-8')
    links = re.findall(r'<a download="([^"]*)" href="data:audio/midi;base64,([^"]*)"', page)
    files = sorted(finished.midi.glob('*.mid'))
    assert [(html.unescape(name), base64.b64decode(content)) for name, content in links] == [
        (file.name, file.read_bytes()) for file in files
    ]


def test_nothing_held_out_leaves_the_first_screen_whole(golden_loops, tmp_path):
    # As the released Original, which plays chords too.
    config = small_config('melodyvae_original:js')
    config.data.transpositions = ()
    run = make_finished_run(tmp_path / 'run', golden_loops, config)
    text = ' '.join(text_of(run).split())
    for words in ('% yours', 'Notes per loop', 'Duplicate bars', 'Variety', '--resume'):
        assert (words in text) == (words != '--resume')
    assert 'none was held out' in text and 'Files with loops that were held out' not in text


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
