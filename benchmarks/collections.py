"""Downloads real music from Debian packages: `python -m benchmarks.collections KIND FOLDER`.

songs: 31 songs of about ten tracks, from openttd-openmsx. drums: one file per style of mma that has
drums, with all its grooves. Both are under the GPL: they are downloaded, and not distributed.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import mido

PACKAGES = {'songs': 'openttd-openmsx', 'drums': 'mma'}
DRUMS = 9  # channel


def write_songs(files: Path, folder: Path) -> None:
    for path in sorted(files.rglob('*.mid')):
        shutil.copy(path, folder)


def write_styles(files: Path, folder: Path) -> None:
    """Writes four bars of each groove of a style."""
    home = files / 'usr/share/mma'
    score = files / 'score.mma'
    for style in sorted((home / 'lib/stdlib').glob('*.mma')):
        words = [line.split() for line in style.read_text(encoding='latin-1').splitlines()]
        grooves = [line[1] for line in words if len(line) > 1 and line[0].lower() == 'defgroove']
        score.write_text(f'Use {style}\n' + ''.join(f'Groove {g}\nC\nC\nC\nC\n' for g in grooves))
        path = folder.resolve() / f'{style.stem}.mid'
        program = ['python3', str(files / 'usr/bin/mma'), '-f', str(path), str(score)]
        # It complains about missing plugins, and about styles that need chords of others.
        subprocess.run(program, cwd=home, capture_output=True, check=False)
        notes = [m for m in mido.MidiFile(path) if m.type == 'note_on'] if path.exists() else []
        if not any(note.channel == DRUMS for note in notes):
            path.unlink(missing_ok=True)


if __name__ == '__main__':
    kind, folder = sys.argv[1], Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as temporary:
        download = ['apt-get', 'download', '-q', PACKAGES[kind]]  # needs no rights
        subprocess.run(download, cwd=temporary, check=True)
        (archive,) = Path(temporary).glob('*.deb')
        files = Path(temporary, 'files').resolve()
        subprocess.run(['dpkg', '-x', archive, files], check=True)
        folder.mkdir(parents=True)
        {'songs': write_songs, 'drums': write_styles}[kind](files, folder)
