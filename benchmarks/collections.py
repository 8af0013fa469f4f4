"""Downloads real music from Debian packages: `python -m benchmarks.collections KIND FOLDER`.

songs: 31 songs of about ten tracks, from openttd-openmsx. drums: styles of mma with drums, with all
grooves of a style in a file. Both are under the GPL: they are downloaded, and not distributed.
"""

import argparse
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import mido
from tqdm import tqdm

PACKAGES = {'songs': 'openttd-openmsx', 'drums': 'mma'}
BARS = 4  # per groove of a style
DRUMS = 9  # channel


def write_songs(files: Path, folder: Path) -> None:
    for path in sorted(files.rglob('*.mid')):
        shutil.copy(path, folder)


def write_styles(files: Path, folder: Path) -> None:
    """Writes one file per style of the library that has drums, with all its grooves."""
    home = files / 'usr/share/mma'
    with tempfile.NamedTemporaryFile('w', suffix='.mma') as score:
        for style in tqdm(sorted((home / 'lib/stdlib').glob('*.mma')), 'styles', disable=None):
            Path(score.name).write_text('\n'.join(_score(style)))
            path = folder.resolve() / f'{style.stem}.mid'
            # It complains about missing plugins, and about styles that need chords of others.
            program = ['python3', str(files / 'usr/bin/mma'), '-f', str(path), score.name]
            subprocess.run(program, cwd=home, capture_output=True, check=False)
            if path.exists() and not any(
                message.type == 'note_on' and message.channel == DRUMS
                for message in mido.MidiFile(path)
            ):
                path.unlink()


def _score(style: Path) -> Iterator[str]:
    """Yields the lines of a score with all grooves of a style."""
    yield f'Use {style}'
    for words in map(str.split, style.read_text(encoding='latin-1').splitlines()):
        if len(words) > 1 and words[0].lower() == 'defgroove':
            yield from [f'Groove {words[1]}', *['C'] * BARS]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('kind', choices=PACKAGES)
    parser.add_argument('folder', type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        download = ['apt-get', 'download', '-q', PACKAGES[chosen.kind]]  # needs no rights
        subprocess.run(download, cwd=temporary, check=True)
        (archive,) = Path(temporary).glob('*.deb')
        subprocess.run(['dpkg', '-x', archive, Path(temporary, 'files')], check=True)
        chosen.folder.mkdir(parents=True)
        write = {'songs': write_songs, 'drums': write_styles}[chosen.kind]
        write(Path(temporary, 'files').resolve(), chosen.folder)


if __name__ == '__main__':
    main()
