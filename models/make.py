"""Makes the models to start with, their cards, the demo pages and their sound.

Usage: python -m models.make [folk] [groove] [--sound]

The same versions of all packages on the same kind of processor give the same bytes, except for the
sound, whose noise is random. --sound needs Chromium, the Node packages of the tests and
`pip install soundfile`.
"""

import argparse
import base64
import io
import sys
import tempfile
from pathlib import Path

import mido
import numpy as np

from melodyvae.config.field import set_value
from melodyvae.config.presets import preset
from melodyvae.ingest.prepare import prepare_midi
from melodyvae.playing.card import About, render_readme
from melodyvae.runs.card import read_card
from melodyvae.runs.train import train
from melodyvae.system.tensorflow import start_tensorflow
from models.grooves import write_grooves
from models.listen import write_listening_page
from models.tunes import write_tunes

HERE = Path(__file__).parent
ROOT = HERE.parent
MAX_BYTES = 2_500_000  # of a page
SEED = 1
TERMS = 'CC0-1.0, made by models/make.py'
MODELS = {
    'folk': (
        'melodyvae',
        write_tunes,
        About(
            author='The melodyvae developers',
            license='cc0-1.0',
            about='Tunes in the manner of reels, polkas, hornpipes and airs. A small grammar made '
            'the tunes that it learned from, so that nobody holds rights in them.',
            tags=('folk', 'melody'),
            source_licenses={'': TERMS},
        ),
    ),
    'groove': (
        'drums',
        write_grooves,
        About(
            author='The melodyvae developers',
            license='cc0-1.0',
            about='House, techno, hip-hop, breakbeat, funk and half-time grooves. Tables of '
            'probabilities made the clips that it learned from, so that nobody holds rights in '
            'them.',
            tags=('drums', 'groove'),
            source_licenses={'': TERMS},
        ),
    ),
}
LISTENED_TO = 'folk'  # model of the blind listening test
SETTINGS = {'training.seed': SEED}
PAGES = ROOT / 'melodyvae' / 'pages' / 'models'
DEMO = ROOT / 'docs' / 'demo'
RATE = 44100
SECONDS = 18


def make(name: str) -> None:
    """Trains a model, and writes its page and its card."""
    preset_name, write_music, about = MODELS[name]
    config = preset(preset_name)
    for setting, value in SETTINGS.items():
        set_value(config, setting, value)
    config.data.path = 'data'
    with tempfile.TemporaryDirectory() as folder:
        music, run_dir = Path(folder) / 'music', Path(folder) / name
        write_music(music, SEED)
        prepare_midi([music], config.grid, run_dir / 'data')
        run = train(config, run_dir, about=about, quiet=True)
        page, card = run.play_page.read_bytes(), read_card(run)
        if name == LISTENED_TO:
            write_listening_page(run.load_player(), run.loops(), DEMO / 'listen.html', seed=SEED)
    if len(page) > MAX_BYTES:
        raise SystemExit(f'{name}: the page has {len(page):,} bytes, more than {MAX_BYTES:,}.')
    for folder in (PAGES, DEMO):
        (folder / f'{name}.html').write_bytes(page)
    (HERE / f'{name}.md').write_text(render_readme(card), encoding='utf-8')
    for number, example in enumerate(card['examples'], start=1):
        (HERE / f'{name}-{number}.mid').write_bytes(base64.b64decode(example['midi']))
    print(f'{name}: {len(page):,} bytes, {card["copies"]:.0%} copies')


def make_sound(path: Path) -> None:
    """Renders the examples of both models with the synthesizer of the page."""
    sys.path.insert(0, str(ROOT / 'tests'))
    import soundfile
    from browsers import run_job

    cases = [
        {'notes': _read_notes('folk'), 'drums': False, 'sound': 'keys', 'seconds': SECONDS},
        {'notes': _read_notes('groove'), 'drums': True, 'sound': 'plain', 'seconds': SECONDS},
    ]
    melody, drums = (np.array(samples, np.float32) for samples in run_job('render', cases))
    mixed = melody + 0.8 * drums
    fade = np.minimum(1, np.arange(len(mixed))[::-1] / RATE)
    buffer = io.BytesIO()
    soundfile.write(buffer, 0.8 * fade * mixed / np.abs(mixed).max(), RATE, format='OGG')
    path.write_bytes(buffer.getvalue())
    print(f'{path.name}: {path.stat().st_size:,} bytes')


def _read_notes(name: str) -> list[tuple[int, int, float, float]]:
    """Returns pitch, velocity, start and length in seconds of the examples, one after another."""
    notes, begin, bars = [], 0.1, 60 / 110 * 8
    for number in (1, 1, 2, 3):
        file = mido.MidiFile(HERE / f'{name}-{number}.mid')
        now, sounding = 0, {}
        for message in file.tracks[0]:
            now += message.time
            if message.type == 'note_on':
                sounding[message.note] = now, message.velocity
            elif message.type == 'note_off' and message.note in sounding:
                start, velocity = sounding.pop(message.note)
                scale = 60 / 110 / file.ticks_per_beat
                notes.append((message.note, velocity, begin + start * scale, (now - start) * scale))
        begin += bars
    return notes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('names', nargs='*', choices=[*MODELS, []], help='both if none is named')
    parser.add_argument('--sound', action='store_true', help='render docs/demo/demo.ogg as well')
    options = parser.parse_args()
    start_tensorflow()
    for name in options.names or MODELS:
        make(name)
    if options.sound:
        make_sound(DEMO / 'demo.ogg')


if __name__ == '__main__':
    main()
