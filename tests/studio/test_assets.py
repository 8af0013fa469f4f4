"""What Node has built lies in the package, and is what the sources give."""

import json
import re
import subprocess

import pytest
from browsers import WEB

import melodyvae.pages.templates

ASSETS = melodyvae.pages.templates.HERE / 'assets'


@pytest.fixture(scope='module')
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp('assets')
    subprocess.run(['node', WEB / 'build.mjs', folder], check=True, timeout=120)
    return folder


def test_the_package_holds_what_the_sources_give(built):
    names = sorted(file.name for file in ASSETS.iterdir())
    assert names == sorted(file.name for file in built.iterdir())
    for name in names:
        assert (ASSETS / name).read_bytes() == (built / name).read_bytes(), (
            f'{name} is not what web/ gives: cd web && npm ci && npm run build'
        )


@pytest.mark.slow
def test_types_are_sound():
    done = subprocess.run(['npm', 'run', 'check'], cwd=WEB, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stdout.decode()


def test_every_package_in_the_script_has_its_licence():
    text = (ASSETS / 'LICENCES.txt').read_text()
    named = dict(re.findall(r'^(\S+) [\d.]+: (.+)$', text, re.MULTILINE))
    assert {'@tensorflow/tfjs-core', '@tensorflow/tfjs-layers'} <= set(named)
    assert set(named.values()) <= {'MIT', '0BSD', 'Apache-2.0', 'Apache-2.0 AND MIT'}


def test_the_lockfile_names_no_host():
    lock = json.loads((WEB / 'package-lock.json').read_text())
    assert not [name for name, package in lock['packages'].items() if 'resolved' in package]
    script = (ASSETS / 'page.js').read_text()
    assert len(script) < 1_000_000
    # Either would end the page's script element, or hide its end.
    assert '</script' not in script.lower() and '<!--' not in script
