import pytest

from melodyvae.system.checksums import CHECKSUMS, check_file, write_checksums
from melodyvae.system.errors import UserError


def test_a_changed_file_is_refused_until_its_checksums_are_removed(tmp_path):
    file = tmp_path / 'config.json'
    file.write_text('{}')
    check_file(file)
    write_checksums(tmp_path, ('config.json', 'missing.json'))
    check_file(file)
    (tmp_path / 'missing.json').write_text('not covered')
    check_file(tmp_path / 'missing.json')
    file.write_text('{ }')
    with pytest.raises(UserError, match=rf'config\.json has changed .* delete .*{CHECKSUMS}'):
        check_file(file)
    (tmp_path / CHECKSUMS).unlink()
    check_file(file)


def test_damaged_checksums_are_refused(tmp_path):
    file = tmp_path / 'config.json'
    file.write_text('{}')
    write_checksums(tmp_path, ('config.json',))
    sums = tmp_path / CHECKSUMS
    sums.write_text(sums.read_text().replace('config', 'donfig'))
    with pytest.raises(UserError, match='cannot be read'):
        check_file(file)
