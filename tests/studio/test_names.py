import pytest

from melodyvae.studio.names import check_run_name, name_upload
from melodyvae.system.errors import UserError


def test_names_of_runs_are_plain():
    assert check_run_name(' First take-2_b+ ') == 'First take-2_b+'
    assert check_run_name('Für Elise') == 'Für Elise'
    for name in ('', ' ', '.', '..', '../x', 'a/b', 'a\\b', '-x', 'a\nb', 'a.b', 'x' * 61):
        with pytest.raises(UserError, match='A name is'):
            check_run_name(name)


def test_names_of_uploads_are_plain_and_differ():
    assert name_upload('Hook 03 (Am).mid', ()) == 'Hook 03 (Am).mid'
    assert name_upload('Hook.mid', {'hook.mid', 'hook (2).mid'}) == 'Hook (3).mid'
    assert name_upload('HOOK.mid', {'hook.mid'}) == 'HOOK (2).mid'
    assert name_upload('../../etc/pass wd', ()) == 'pass wd'
    assert name_upload('C:\\music\\a.mid', ()) == 'a.mid'
    assert name_upload('..', ()) == 'file'
    assert name_upload('.mid', ()) == 'mid'
    assert name_upload('a\x00<b>\n.mid', ()) == 'a__b__.mid'
    for name in ('x' * 999 + '.mid', '\u66f2' * 130 + '.mid', 'a.' + 'x' * 999):
        assert len(name_upload(name, ()).encode()) < 150
