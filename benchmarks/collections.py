"""Real music of Debian's packages, to compare on: `python -m benchmarks.collections KIND FOLDER`.

songs: 31 songs of ten tracks or so, from openttd-openmsx. drums: styles of mma with drums, all
grooves of a style in a file. Both are under the GPL: they are downloaded, and never shipped.
"""

import argparse
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import mido
from tqdm import tqdm

from benchmarks.drums import CHANNEL

SONGS, STYLES = 'openttd-openmsx', 'mma'
BARS = 4  # of each groove of a style


def download(package: str, folder: Path) -> Path:
    """Unpacks a package of Debian; needs apt-get and dpkg, and no rights."""
    folder.mkdir()
    subprocess.run(['apt-get', 'download', '-q', package], cwd=folder, check=True)
    (archive,) = folder.glob('*.deb')
    subprocess.run(['dpkg', '-x', archive, folder / 'files'], check=True)
    return folder / 'files'


def write_songs(folder: Path) -> None:
    """Writes the songs."""
    with tempfile.TemporaryDirectory() as temporary:
        files = download(SONGS, Path(temporary, SONGS))
        folder.mkdir(parents=True)
        for path in sorted(files.rglob('*.mid')):
            shutil.copy(path, folder)


def write_styles(folder: Path) -> None:
    """Writes a file for each style of the library, of all its grooves one after another."""
    with tempfile.TemporaryDirectory() as temporary:
        files = download(STYLES, Path(temporary, STYLES))
        home = files / 'usr/share/mma'
        folder.mkdir(parents=True)
        score = Path(temporary, 'score.mma')
        for style in tqdm(sorted((home / 'lib/stdlib').glob('*.mma')), 'styles', disable=None):
            score.write_text('\n'.join(_write_score(style)))
            # Without plugins it complains, and some styles need chords that others bring.
            program = [
                str(files / 'usr/bin/mma'),
                '-f',
                str(folder.resolve() / f'{style.stem}.mid'),
                str(score),
            ]
            subprocess.run(['python3', *program], cwd=home, capture_output=True, check=False)
            _keep_if_drums(folder / f'{style.stem}.mid')


def _keep_if_drums(path: Path) -> None:
    if path.exists() and not any(
        message.type == 'note_on' and message.channel == CHANNEL for message in mido.MidiFile(path)
    ):
        path.unlink()


def _write_score(style: Path) -> Iterator[str]:
    """The style's grooves, in its order."""
    yield f'Use {style}'
    lines = style.read_text(encoding='latin-1').splitlines()
    for words in map(str.split, lines):
        if len(words) > 1 and words[0].lower() == 'defgroove':
            yield f'Groove {words[1]}'
            yield from ['C'] * BARS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('kind', choices=('songs', 'drums'))
    parser.add_argument('folder', type=Path)
    arguments = parser.parse_args()
    {'songs': write_songs, 'drums': write_styles}[arguments.kind](arguments.folder)


if __name__ == '__main__':
    main()
