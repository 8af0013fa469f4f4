"""`melodyvae_play`, as a person types it."""

import json
from pathlib import Path

from melodyvae.pages.starters import find_starter

import programs


def test_a_page_of_a_run_and_of_its_model(trained, tmp_path):
    folder, _ = trained
    assert (folder / 'play.html').is_file()
    page = tmp_path / 'play.html'
    done = programs.run_here('play', folder, f'--output={page}')
    assert f'{page}: open it in a browser.' in done.stdout and done.stderr == ''
    assert page.read_bytes() == (folder / 'play.html').read_bytes()
    again = programs.run_here('play', folder, f'--output={page}')
    assert 'exists already' in programs.sentence(again)
    model = tmp_path / 'model.html'
    done = programs.run_here('play', folder / 'melodyvae.model', f'--output={model}')
    assert 'holds no loops' in done.stderr and model.is_file()


def test_a_page_needs_no_tensorflow(trained, tmp_path):
    page = tmp_path / 'play.html'
    code = (
        'import sys, json, pathlib\n'
        'from melodyvae.runs.play_page import write_page\n'
        f'write_page([pathlib.Path({str(trained[0])!r})], pathlib.Path({str(page)!r}))\n'
        "print(json.dumps(['keras' in sys.modules, 'tensorflow' in sys.modules]))"
    )
    assert json.loads(programs.run_python(code).stdout) == [False, False]
    assert page.is_file()


def test_a_model_to_start_with_opens_at_once(tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr('webbrowser.open', opened.append)
    monkeypatch.chdir(tmp_path)
    assert 'folk.html' in programs.run_here('play', 'folk').stdout
    assert opened == [find_starter('folk').as_uri()]
    assert programs.run_here('play', 'groove', '--output=mine.html').returncode == 0
    assert Path('mine.html').read_bytes() == find_starter('groove').read_bytes()
    assert 'exists already' in programs.sentence(
        programs.run_here('play', 'groove', '--output=mine.html')
    )
    Path('folk').mkdir()  # a run of that name comes first
    assert '--output' in programs.sentence(programs.run_here('play', 'folk'))


def test_what_cannot_be_played_ends_in_a_sentence(tmp_path):
    output = f'--output={tmp_path / "play.html"}'
    done = programs.run_here('play', tmp_path / 'missing', output)
    assert 'does not exist' in programs.sentence(done)
    done = programs.run_here('play', tmp_path, 'another', 'third', output)
    assert 'third is a third one' in programs.sentence(done)
    done = programs.run_here('play', tmp_path)
    assert '--output' in programs.sentence(done)
    assert list(tmp_path.iterdir()) == []
