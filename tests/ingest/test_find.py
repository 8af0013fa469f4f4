"""What is found in a folder, in which order and under which name."""

import os

import pytest

from melodyvae.ingest.find import count_others, find_files, find_named_files
from melodyvae.system.errors import UserError


def names(files, folder):
    return [str(file.relative_to(folder)) for file in files]


def test_all_kinds_are_found_at_any_depth_in_order(tmp_path):
    wanted = ['A.MIDI', 'b.mid', 'sub/c.abc', 'sub/deep/er/d.xml', 'sub/e.musicxml', 'z/f.mxl']
    for name in [*wanted, 'notes.txt', 'sub/._c.abc', 'song.wav']:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    (tmp_path / 'folder.mid').mkdir()
    assert sorted(names(find_files([tmp_path]), tmp_path)) == wanted
    assert find_files([tmp_path]) == find_files([tmp_path])


def test_several_paths_are_named_below_what_they_share(tmp_path):
    files = [tmp_path / 'two' / 'a.mid', tmp_path / 'one' / 'a.mid']
    for file in files:
        file.parent.mkdir()
        file.touch()
    named = find_named_files([tmp_path / 'two', tmp_path / 'one' / 'a.mid'])
    assert named == [(str(files[0]), 'two/a.mid'), (str(files[1]), 'one/a.mid')]


def test_files_on_two_drives_keep_their_whole_names(library, tmp_path, monkeypatch):
    def refuse(paths):
        raise ValueError("Paths don't have the same drive")

    monkeypatch.setattr(os.path, 'commonpath', refuse)
    [(path, name)] = find_named_files([library])
    assert name == path.replace(os.sep, '/')


def test_a_file_counts_once_through_links_and_a_pipe_is_not_waited_for(library, tmp_path):
    os.mkfifo(library / 'pipe.mid')
    (tmp_path / 'elsewhere').mkdir()
    (tmp_path / 'elsewhere' / 'a.mid').touch()
    (library / 'linked').symlink_to(tmp_path / 'elsewhere')
    (library / 'again').symlink_to(library)  # a folder that holds itself
    (library / 'link.mid').symlink_to(library / 'chords.mid')
    (library / 'broken.mid').symlink_to(library / 'nowhere.mid')
    files = find_files([library, library / 'chords.mid', library / '..' / 'library'])
    assert names(files, library) == ['chords.mid', 'linked/a.mid']


def test_paths_may_be_text(library):
    file = str(library / 'chords.mid')
    assert find_files([f'{library}//', file]) == find_files([library]) == [library / 'chords.mid']
    assert find_named_files([str(library)]) == [(file, 'chords.mid')]


def test_what_is_missing_is_said(tmp_path):
    with pytest.raises(UserError, match='nowhere does not exist'):
        find_files([tmp_path / 'nowhere'])
    with pytest.raises(UserError, match='Name files or folders'):
        find_files([])
    (tmp_path / 'a.txt').touch()
    with pytest.raises(UserError, match=r'no file whose name ends in \.mid, .* and 1 others'):
        find_files([tmp_path])


def test_files_of_other_kinds_are_counted_by_suffix(library):
    left_by_desktops = ('.DS_Store', '._d.wav', 'Thumbs.db', 'desktop.ini')
    for name in ('a.als', 'sub/B.ALS', 'c.wav', 'notes', 'e.abc', *left_by_desktops):
        (library / name).parent.mkdir(exist_ok=True)
        (library / name).touch()
    assert count_others([library, library / 'c.wav']) == {'.als': 2, '.wav': 1, '': 1}
    assert count_others([library / 'c.wav']) == {}  # was named, so it is reported
