"""The report as a table, as totals and as CSV."""

import csv

import pytest

from melodyvae.ingest.file_report import (
    FileReport,
    format_reports,
    read_report,
    write_report,
)

REPORTS = [FileReport('a.mid', 12, 3), FileReport('b, c.mid', 0, reason='no notes')]


def test_files_with_something_left_out_are_listed_above_the_totals():
    assert format_reports(REPORTS).splitlines() == [
        'file      left out',
        'b, c.mid  no notes',
        '12 loops from 1 of 2 files; 3 loops dropped with too few onsets; 1 file gave none.',
    ]
    partly = FileReport('d.mid', 5, reason='10 notes off the grid')
    assert format_reports([partly]).splitlines() == [
        'file   loops  left out',
        'd.mid      5  10 notes off the grid',
        '5 loops from 1 of 1 files.',
    ]


def test_many_files_are_one_line_that_names_the_csv_file():
    assert format_reports(REPORTS * 64, 'loops/report.csv').splitlines() == [
        '768 loops from 64 of 128 files; 192 loops dropped with too few onsets; '
        '64 files gave none: loops/report.csv'
    ]
    good = format_reports([FileReport('a.mid', 30)] * 50, 'report.csv')
    assert good == '1,500 loops from 50 of 50 files.'
    lines = format_reports(REPORTS * 50).splitlines()
    assert [line.split('.mid')[0] for line in lines[1:-2]] == ['b, c'] * 10
    assert lines[-2] == '... and 40 more files with something left out'


def test_the_report_as_csv(tmp_path):
    write_report(REPORTS, tmp_path / 'report.csv')
    with (tmp_path / 'report.csv').open(newline='') as file:
        first, second = csv.DictReader(file)
    assert tuple(first) == FileReport._fields
    assert (first['path'], first['kept'], first['too_few_onsets']) == ('a.mid', '12', '3')
    assert (first['reason'], second['reason']) == ('', 'no notes')
    assert read_report(tmp_path / 'report.csv') == REPORTS
    earlier = 'path,kept,too_few_onsets,reason\na.mid,12,3,\n"b, c.mid",0,0,no notes\n'
    (tmp_path / 'report.csv').write_text(earlier)
    assert read_report(tmp_path / 'report.csv') == REPORTS


def test_no_name_is_a_formula_in_a_spreadsheet(tmp_path):
    names = ['=cmd|x.mid', '+1.mid', '-a.mid', '@b.mid', "'=c.mid", "it's.mid"]
    reports = [FileReport(name, 1) for name in names]
    write_report(reports, tmp_path / 'report.csv')
    with (tmp_path / 'report.csv').open(newline='') as file:
        cells = [row['path'] for row in csv.DictReader(file)]
    assert cells == [f"'{name}" for name in names[:5]] + names[5:]
    assert read_report(tmp_path / 'report.csv') == reports


@pytest.mark.parametrize('text', ['path,kept\na.mid,x\n', 'kept\n1\n'])
def test_what_is_no_report_is_refused(tmp_path, text):
    path = tmp_path / 'report.csv'
    path.write_text(text)
    with pytest.raises((ValueError, TypeError)):
        read_report(path)


def test_a_long_name_does_not_widen_the_table():
    name = f'{"folder/" * 30}a.mid'
    reports = [FileReport(name, 1, reason='cut off'), FileReport('b.mid', 1, reason='cut off')]
    first, second, *_ = format_reports(reports).splitlines()[1:]
    assert len(first) < 100
    assert 'folder/...' in first or '...' in first
    assert first.split()[0].endswith('a.mid')
    assert second.startswith('b.mid')
