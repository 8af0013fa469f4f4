"""Nothing half-written, nothing overwritten unasked."""

import pytest

from melodyvae.atomic import new_file, new_folder
from melodyvae.errors import UserError


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


def test_a_folder_is_replaced_when_asked(tmp_path):
    for text in ('first', 'second'):
        with new_folder(tmp_path / 'run', overwrite=True) as temporary:
            (temporary / text).write_text(text)
    assert [path.name for path in (tmp_path / 'run').iterdir()] == ['second']
