"""Installs the wheel into clean environments, as a user does, and runs the programs there.

Run `python tests/install 3.13:newest 3.11:lowest`; without arguments, all of ENVIRONMENTS. Each
environment has one Python version, and the newest or the lowest versions of what setup.py asks for.
It needs a network, and uv, which it installs if it is missing. Only the standard library is used.
"""

import dataclasses
import email
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
CASES = ROOT / 'tests' / 'golden' / 'cases'
PACKAGES = ('melodyvae', 'configs', 'tfjs_export')
FILES = ('setup.py', 'pyproject.toml', 'README.md', 'LICENSE')
ENVIRONMENTS = tuple(
    f'{python}:{versions}'
    for python in ('3.11', '3.12', '3.13')
    for versions in ('newest', 'lowest')
)
SCRIPTS, SUFFIX = ('Scripts', '.exe') if os.name == 'nt' else ('bin', '')
SHOWN = ('tensorflow', 'keras', 'numpy', 'note-seq', 'matplotlib')  # versions in the table
SMALL = ('--config.model.hidden=8', '--config.model.decoder_hidden=16')


class Failed(Exception):
    """What a command printed before it failed."""


@dataclasses.dataclass
class Environment:
    """A clean environment.

    Attributes:
      python: version, as 3.13.
      versions: `newest` or `lowest`.
      folder: where it is, and where its programs run.
    """

    python: str
    versions: str
    folder: Path

    @property
    def interpreter(self) -> Path:
        return self.folder / 'environment' / SCRIPTS / f'python{SUFFIX}'

    def install(self, uv: str, wheel: Path) -> None:
        """Resolves what setup.py asks for, with the folk tunes, and installs it and the wheel.

        Only wheels: the oldest NumPy would be compiled on a Python that is newer than it is.
        """
        python = find_python(self.python)
        run([uv, 'venv', f'--python={python}', self.interpreter.parents[1]], self.folder)
        install = [uv, 'pip', 'install', f'--python={self.interpreter}', '--only-binary=:all:']
        if self.versions == 'lowest':
            run([*install, '--resolution=lowest-direct', *read_requirements(wheel)], self.folder)
        run([*install, f'{wheel}[demo]'], self.folder)

    def read_versions(self, uv: str) -> str:
        lines = run([uv, 'pip', 'freeze', f'--python={self.interpreter}'], self.folder)
        installed = dict(line.split('==') for line in lines.splitlines() if '==' in line)
        return ' '.join(f'{name} {installed[name]}' for name in SHOWN)

    def melodyvae(self, *arguments: object) -> str:
        program = self.interpreter.with_name(f'melodyvae{SUFFIX}')
        return run([program, *arguments], self.folder)


def run(command: list[object], folder: Path) -> str:
    """Runs a command in a folder; returns its standard output.

    Raises:
      Failed: if it does not succeed.
    """
    clean = {name: value for name, value in os.environ.items() if name != 'PYTHONPATH'}
    clean['PYTHONUTF8'] = '1'
    done = subprocess.run(
        list(map(str, command)),
        cwd=folder,
        env=clean,
        capture_output=True,
        encoding='utf-8',
        errors='replace',
    )
    if done.returncode:
        raise Failed(f'{" ".join(map(str, command))}\n{done.stdout}{done.stderr}')
    return done.stdout


def read_requirements(wheel: Path) -> list[str]:
    """Returns what the wheel asks for, without what only other extras than `demo` ask for."""
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith('.dist-info/METADATA')]
        metadata = email.message_from_bytes(archive.read(name))
    lines = [line.replace('; extra == "demo"', '') for line in metadata.get_all('Requires-Dist')]
    return [line for line in lines if 'extra ==' not in line]


def find_python(version: str) -> str:
    """Returns an interpreter of this version; the version itself if uv has to find it.

    pyenv's shims are there for all versions, but run only the chosen one.
    """
    pyenv = Path(os.environ.get('PYENV_ROOT', Path.home() / '.pyenv')) / 'versions'
    installed = sorted(pyenv.glob(f'{version}.*/bin/python'))
    return str(installed[-1]) if installed else version


def find_uv(folder: Path) -> str:
    """Returns the uv on the path, or one that it installs into the folder."""
    if found := shutil.which('uv'):
        return found
    run([sys.executable, '-m', 'venv', folder / 'uv'], folder)
    programs = folder / 'uv' / SCRIPTS
    run([programs / f'python{SUFFIX}', '-m', 'pip', 'install', '--quiet', 'uv'], folder)
    return str(programs / f'uv{SUFFIX}')


def build_wheel(uv: str, folder: Path) -> Path:
    """Builds from a copy, since building writes into its folder."""
    source = folder / 'source'
    left_out = shutil.ignore_patterns('node_modules', '__pycache__')
    for package in PACKAGES:
        shutil.copytree(ROOT / package, source / package, ignore=left_out)
    for name in FILES:
        shutil.copy(ROOT / name, source)
    run([uv, 'build', '--wheel', f'--out-dir={folder / "wheel"}', source], folder)
    [wheel] = (folder / 'wheel').glob('*.whl')
    return wheel


def expect(*paths: Path) -> None:
    """Raises Failed if a program has not written these files."""
    for path in paths:
        if not path.is_file() or not path.stat().st_size:
            raise Failed(f'{path} has not been written.')


def check_programs(environment: Environment) -> None:
    """Trains on folk tunes and on ABC; generates, exports and writes the page."""
    here, call = environment.folder, environment.melodyvae
    call('train', '--run_dir=folk', '--config.training.epochs=2')
    expect(here / 'folk' / 'report.html', here / 'folk' / 'play.html')

    (here / 'tunes').mkdir()
    for path in (CASES / 'abc').glob('*.abc'):
        shutil.copy(path, here / 'tunes')
    abc = ['--midi=tunes', '--run_dir=abc', '--config.grid.minimum_onsets=1']
    call('train', *abc, '--config.training.epochs=1', *SMALL)
    expect(here / 'abc' / 'melodyvae.model' / 'model.json')

    call('generate', 'folk', '--output=new', '--grid=2')
    expect(*list((here / 'new').glob('*.mid')) or [here / 'new' / '*.mid'])
    call('export', 'folk', '--output=max', '--name=mine')
    expect(here / 'max' / 'mine.model' / 'model.json', here / 'max' / 'mine.model' / 'weights.bin')
    call('play', 'folk', '--output=pad.html')
    expect(here / 'pad.html')


def check(name: str, uv: str, wheel: Path, folder: Path) -> bool:
    """Prints how the environment does, in one line unless it fails."""
    python, _, versions = name.partition(':')
    environment = Environment(python, versions, folder / name.replace(':', ' '))
    environment.folder.mkdir()
    start = time.monotonic()
    try:
        environment.install(uv, wheel)
        installed = time.monotonic()
        check_programs(environment)
    except Failed as error:
        print(f'{name} failed:\n{error}', flush=True)
        return False
    seconds = f'{installed - start:.0f} s to install, {time.monotonic() - installed:.0f} s to run'
    print(f'{name} works: {environment.read_versions(uv)}; {seconds}', flush=True)
    shutil.rmtree(environment.folder, ignore_errors=True)  # 2 GB; Windows keeps loaded libraries
    return True


def main(names: list[str]) -> int:
    """Returns the exit status: 0 if all environments work."""
    chosen = names or list(ENVIRONMENTS)
    if unknown := set(chosen) - set(ENVIRONMENTS):
        print(f'{", ".join(sorted(unknown))} is unknown: choose from {" ".join(ENVIRONMENTS)}.')
        return 2
    prefix = 'melodyvae with spaces '
    with tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        uv = find_uv(folder)
        wheel = build_wheel(uv, folder)
        passed = [check(environment, uv, wheel, folder) for environment in chosen]
    print(f'{passed.count(True)} passed, {passed.count(False)} failed')
    return int(not all(passed))


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
