"""The report as a table, as totals and as CSV."""

import csv

import pytest

from melodyvae.ingest.file_report import (
    FileReport,
    format_reports,
    read_report,
    sum_reports,
    write_report,
)

REPORTS = [FileReport('a.mid', 12, 3), FileReport('b, c.mid', 0, reason='no notes')]


def test_the_table_has_a_line_a_file_and_totals():
    assert format_reports(REPORTS).splitlines() == [
        'file      loops  too few onsets  left out',
        'a.mid        12               3',
        'b, c.mid      0               0  no notes',
        '12 loops from 1 of 2 files; 3 loops dropped with too few onsets.',
    ]


def test_a_long_table_shows_what_was_left_out():
    lines = format_reports(REPORTS * 40).splitlines()
    assert [line.split('.mid')[0] for line in lines[1:-1]] == ['b, c'] * 40
    lines = format_reports(REPORTS * 50).splitlines()
    assert len(lines) == 43
    assert lines[-2] == '... and 10 more files with something left out'
    assert lines[-1].startswith('600 loops from 50 of 100 files')


def test_a_long_table_of_good_files_is_its_totals():
    assert format_reports(REPORTS[:1] * 50).splitlines() == [
        '600 loops from 50 of 50 files; 150 loops dropped with too few onsets.'
    ]


def test_totals():
    assert sum_reports(REPORTS) == {
        'files': 2,
        'files_used': 1,
        'loops': 12,
        'too_few_onsets': 3,
    }


def test_the_report_as_csv(tmp_path):
    write_report(REPORTS, tmp_path / 'report.csv')
    with (tmp_path / 'report.csv').open(newline='') as file:
        first, second = csv.DictReader(file)
    assert tuple(first) == FileReport._fields
    assert (first['path'], first['kept'], first['too_few_onsets']) == ('a.mid', '12', '3')
    assert (first['reason'], second['reason']) == ('', 'no notes')
    assert read_report(tmp_path / 'report.csv') == REPORTS


def test_no_name_is_a_formula_in_a_spreadsheet(tmp_path):
    names = ['=cmd|x.mid', '+1.mid', '-a.mid', '@b.mid', "'=c.mid", "it's.mid"]
    reports = [FileReport(name, 1) for name in names]
    write_report(reports, tmp_path / 'report.csv')
    with (tmp_path / 'report.csv').open(newline='') as file:
        cells = [row['path'] for row in csv.DictReader(file)]
    assert cells == [f"'{name}" for name in names[:5]] + names[5:]
    assert read_report(tmp_path / 'report.csv') == reports


def test_a_report_of_an_earlier_version_lacks_columns(tmp_path):
    path = tmp_path / 'report.csv'
    path.write_text('path,kept,too_few_onsets,reason\na.mid,12,3,\n"b, c.mid",0,0,no notes\n')
    assert read_report(path) == REPORTS


@pytest.mark.parametrize('text', ['path,kept\na.mid,x\n', 'kept\n1\n'])
def test_what_is_no_report_is_refused(tmp_path, text):
    path = tmp_path / 'report.csv'
    path.write_text(text)
    with pytest.raises((ValueError, TypeError)):
        read_report(path)


def test_a_long_name_does_not_widen_the_table():
    name = f'{"folder/" * 30}a.mid'
    first, second, *_ = format_reports([FileReport(name, 1), FileReport('b.mid', 1)]).splitlines()[
        1:
    ]
    assert len(first) < 100
    assert 'folder/...' in first or '...' in first
    assert first.split()[0].endswith('a.mid')
    assert second.startswith('b.mid')
