"""A process that reads files, and what ends it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import melodyvae.ingest.reader
from melodyvae.config.presets import preset
from melodyvae.ingest.find import find_named_files
from melodyvae.ingest.ingest import ingest
from melodyvae.ingest.process import start_early
from melodyvae.ingest.workers import read_all

import midi_bytes

MELODY = preset('melodyvae_improved').grid


def test_a_file_that_ends_its_reader_costs_no_other(tmp_path, symusic):
    bad = {3: 'crash', 4: 'fill', 6: 'hang', 9: 'crash'}
    for number in range(10):
        midi_bytes.write_titled(tmp_path / f'{number}.mid', bad.get(number, 'good'))
    loops, reports = ingest([tmp_path], MELODY)
    reasons = {number: report.reason for number, report in enumerate(reports) if report.reason}
    assert reasons == {
        3: 'unreadable (its reader crashed)',
        4: 'unreadable (it takes more than 1536 MB of memory)',
        6: 'unreadable (it takes more than 2 s)',
        9: 'unreadable (its reader crashed)',
    }
    assert len(loops.files) == 6


def test_a_score_that_fills_the_memory_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(melodyvae.ingest.reader, 'MOST_MEMORY', 576 * 2**20)
    body = '<note><rest/></note>' * 1_500_000
    (tmp_path / 'a.xml').write_text(f'<score-partwise><part>{body}</part></score-partwise>')
    (tmp_path / 'b.abc').write_text('X:1\nM:4/4\nL:1/4\nK:C\nCDEF|GABc|\n')
    reports = ingest([tmp_path], MELODY)[1]
    assert reports[0].reason == 'unreadable (it takes more than 576 MB of memory)'
    assert reports[1].kept == 1


def test_no_reader_outlives_a_killed_program(tmp_path):
    for number in range(3):
        midi_bytes.write_titled(tmp_path / f'{number}.mid', 'good')
    code = (
        'import os, signal\n'
        'from melodyvae.config.presets import preset\n'
        'from melodyvae.ingest.find import inspect_file\n'
        'from melodyvae.ingest.reader import Reader\n'
        'reader = Reader(preset("melodyvae_improved").grid)\n'
        f'reader.read([inspect_file({str(tmp_path / "0.mid")!r}, "0.mid")])\n'
        'print(*os.popen(f"pgrep -P {os.getpid()} python").read().split(), flush=True)\n'
        'os.kill(os.getpid(), signal.SIGKILL)\n'
    )
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, timeout=60)
    assert done.returncode == -signal.SIGKILL
    (reader,) = map(int, done.stdout.split())
    for _ in range(200):
        if not is_running(reader):
            return
        time.sleep(0.05)
    raise AssertionError('the reader goes on')


def is_running(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return Path(f'/proc/{process}/stat').read_text().rpartition(')')[2].split()[0] != 'Z'


@pytest.mark.parametrize('early', [False, True])
def test_small_libraries_have_one_reader(tmp_path, monkeypatch, early):
    started = []
    popen = subprocess.Popen
    monkeypatch.setattr(
        subprocess,
        'Popen',
        lambda *args, **more: started.append(popen(*args, **more)) or started[-1],
    )
    for number in range(9):
        midi_bytes.write_titled(tmp_path / f'{number}.mid', 'good')
    if early:
        start_early()
    assert sum(len(sources) for sources, _ in read_all(find_named_files([tmp_path]), MELODY)) == 9
    assert len(started) == 1
    assert started[0].returncode is not None
