"""Nothing half-written, nothing overwritten unasked, nobody else's work lost."""

import signal
import subprocess
import sys

import pytest

from melodyvae.system.atomic import (
    find_leftovers,
    lock,
    new_file,
    new_folder,
    remove_leftover_files,
)
from melodyvae.system.errors import UserError

import programs


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / 'a.json'
    path.write_text('old')
    with pytest.raises(OSError, match='disk'), new_file(path, overwrite=True) as temporary:
        temporary.write_text('half')
        raise OSError('disk full')
    assert path.read_text() == 'old'
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_folder_leaves_nothing(tmp_path):
    with pytest.raises(OSError, match='disk'), new_folder(tmp_path / 'deep' / 'run') as temporary:
        (temporary / 'x').write_text('half')
        raise OSError('disk full')
    assert list(tmp_path.iterdir()) == []


def test_existing_files_and_folders_are_refused(tmp_path):
    (tmp_path / 'a').write_text('old')
    for writer in (new_file, new_folder):
        with pytest.raises(UserError, match='exists already'), writer(tmp_path / 'a'):
            pass
    with (
        pytest.raises(UserError, match='is a file: name a folder'),
        new_folder(tmp_path / 'a', overwrite=True),
    ):
        pass
    assert (tmp_path / 'a').read_text() == 'old'


def test_a_folder_is_replaced_when_asked(tmp_path):
    for text in ('first', 'second'):
        with new_folder(tmp_path / 'run', overwrite=True) as temporary:
            (temporary / text).write_text(text)
    assert [path.name for path in (tmp_path / 'run').iterdir()] == ['second']
    assert [path.name for path in tmp_path.iterdir()] == ['run']


@pytest.mark.parametrize('overwrite', [False, True])
def test_what_appears_meanwhile_stays(tmp_path, overwrite):
    if overwrite:
        (tmp_path / 'out').mkdir()
    with (
        pytest.raises(UserError, match=r'Another program has changed .*out'),
        new_folder(tmp_path / 'out', overwrite=overwrite) as temporary,
    ):
        (temporary / 'ours').touch()
        (tmp_path / 'out').mkdir(exist_ok=True)
        (tmp_path / 'out' / 'theirs').write_text('work of a day')
    assert (tmp_path / 'out' / 'theirs').read_text() == 'work of a day'
    assert [path.name for path in tmp_path.iterdir()] == ['out']


def test_the_finder_may_look_into_a_folder_that_is_replaced(tmp_path):
    folder = tmp_path / 'folder'
    folder.mkdir()
    with new_folder(folder, overwrite=True) as temporary:
        (folder / '.DS_Store').write_text('')
        (temporary / 'new').write_text('new')
    assert [path.name for path in folder.iterdir()] == ['new']


def test_no_link_is_followed_to_a_file(tmp_path):
    (tmp_path / 'theirs').write_text('theirs')
    (tmp_path / 'a.json').symlink_to(tmp_path / 'theirs')
    names = set()
    for _ in range(2):
        with new_file(tmp_path / 'a.json', overwrite=True) as temporary:
            names.add(temporary.name)
            temporary.write_text('ours')
    assert len(names) == 2 and all(name.endswith('.json') for name in names)
    assert (tmp_path / 'theirs').read_text() == 'theirs'
    assert (tmp_path / 'a.json').read_text() == 'ours'


def test_two_at_once_are_refused_and_the_first_is_not_disturbed(tmp_path):
    with new_folder(tmp_path / 'out') as first:
        (first / 'x').touch()
        with (
            pytest.raises(UserError, match=r'Another program is writing .*out'),
            new_folder(tmp_path / 'out'),
        ):
            pass
    assert [path.name for path in (tmp_path / 'out').iterdir()] == ['x']


def test_what_a_killed_program_leaves_is_no_lock_and_is_removed(tmp_path):
    code = (
        'import os, signal\n'
        'from melodyvae.system.atomic import new_folder, new_file\n'
        f'with new_folder({str(tmp_path / "out")!r}) as folder:\n'
        '    with new_file(folder / "a.json") as file:\n'
        '        file.touch()\n'
        '        os.kill(os.getpid(), signal.SIGKILL)\n'
    )
    killed = subprocess.run([sys.executable, '-c', code], timeout=60)
    assert killed.returncode == -signal.SIGKILL
    (tmp_path / '.out.settings').mkdir()  # somebody's own
    (left,) = find_leftovers(tmp_path / 'out')
    assert len(list(left.iterdir())) == 1
    remove_leftover_files(left)
    assert list(left.iterdir()) == []
    with new_folder(tmp_path / 'out'):
        assert left.exists()  # to be resumed, perhaps
    assert {path.name for path in tmp_path.iterdir()} == {'.out.settings', 'out'}


def test_a_lock_is_free_again_afterwards(tmp_path):
    for _ in range(2):
        with lock(tmp_path / 'run'):
            path = str(tmp_path / 'run')
            other = f'from melodyvae.system.atomic import lock; lock({path!r}).__enter__()'
            with pytest.raises(AssertionError, match='Another program is writing'):
                programs.run_python(other)
    assert list(tmp_path.iterdir()) == []
