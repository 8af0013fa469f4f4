"""Files that desktops leave."""

import pytest

from melodyvae.system.desktop import is_left_by_desktop


@pytest.mark.parametrize('name', ['.DS_Store', 'Thumbs.db', 'desktop.ini', '._song.mid'])
def test_files_of_the_finder_and_the_explorer_are_known(name):
    assert is_left_by_desktop(name)


@pytest.mark.parametrize('name', ['song.mid', '.hidden.mid', 'model.json', '.git', 'thumbs.mid'])
def test_the_work_of_people_is_not_taken_for_them(name):
    assert not is_left_by_desktop(name)
