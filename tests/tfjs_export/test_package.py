"""The package installs from its lock file anywhere."""

import json
from pathlib import Path

import tfjs_export

PACKAGE = Path(tfjs_export.__file__).parent


def test_the_lock_file_names_no_host():
    lock = (PACKAGE / 'package-lock.json').read_text()
    assert '://' not in lock
    packages = json.loads(lock)['packages'].values()
    assert all('integrity' in package for package in packages if 'version' in package)


def test_each_runtime_is_pinned():
    package = json.loads((PACKAGE / 'package.json').read_text())
    assert package['dependencies'] == {
        f'tfjs-{version}': f'npm:@tensorflow/tfjs@{version}'
        for version in ('1.2.8', '1.7.4', '4.22.0')
    }
