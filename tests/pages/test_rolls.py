"""Piano rolls of the report: where each bar lies and how it looks."""

import numpy as np

from melodyvae.loops.pattern import NOTE
from melodyvae.pages.rolls import draw_feature, draw_notes, draw_probabilities, rule_paper

from runs import small_config


def test_bars_lie_where_the_notes_are():
    ground = rule_paper(small_config().grid)
    pattern = np.array([(0, 4, 1.0, 0.25, 1.0), (23, 31, 0.5, 2.0, -1.0)], NOTE)
    first, last = draw_notes(ground, pattern, 'two notes').bars
    # 320 x 160 for 32 steps and 24 rows; an eighth lasts two steps; half a step late, or early.
    assert (first.x, first.y, first.width, first.height) == (45.0, 153.3, 20.0, 6.7)
    assert (last.x, last.y, last.width) == (305.0, 0.0, 15.0)  # cut off at the loop's end
    assert first.opacity == 1 > last.opacity > 0.5


def test_each_feature_is_drawn_in_its_way():
    ground = rule_paper(small_config().grid)
    pattern = np.array(
        [(0, 0, 0.0, 0.5, -0.5), (1, 8, 1.0, 0.25, 0.0), (2, 16, 0.5, 0.125, 0.5)], NOTE
    )
    drawn = {
        name: draw_feature(ground, name, pattern, '').bars
        for name in ('onset', 'velocity', 'duration', 'timeshift')
    }
    assert [bar.width for bar in drawn['onset']] == [10.0] * 3
    assert [bar.opacity for bar in drawn['onset']] == [1.0] * 3
    assert [bar.opacity for bar in drawn['velocity']] == [0.4, 1.0, 0.7]
    assert [bar.width for bar in drawn['duration']] == [40.0, 20.0, 10.0]
    assert [bar.style for bar in drawn['timeshift']] == ['early', 'note', 'late']
    assert [bar.x for bar in drawn['timeshift']] == [0.0, 80.0, 162.5]


def test_probable_onsets_are_solid_and_true_ones_framed():
    ground = rule_paper(small_config().grid)
    onset = np.zeros((24, 32), np.float32)
    onset[3, 5], onset[7, 9] = 0.4, 0.1
    true = np.array([(7, 9, 1, 1, 0)], NOTE)
    *cloud, frame = draw_probabilities(ground, onset, true, '').bars
    assert [(bar.x, bar.opacity) for bar in cloud] == [(50.0, 1.0), (90.0, 0.25)]
    assert (frame.x, frame.y, frame.style) == (90.0, cloud[1].y, 'frame')
    silent = draw_probabilities(ground, 0 * onset, true[:0], '')
    assert silent.bars == []


def test_rows_and_beats_have_names():
    ground = rule_paper(small_config().grid)
    assert [name for _, name in ground.row_names] == ['C2', 'G2', 'C3', 'G3']
    assert [name for _, name in ground.beat_names] == list('12345678')
    assert [x for x, is_bar in ground.lines if is_bar] == [0.0, 160.0]
    drums = rule_paper(small_config('rhythmvae').grid)
    assert drums.row_names[0][1] == 'kick' and len(drums.row_names) == 9
    assert len(drums.beat_names) == 8


def test_bar_lines_follow_the_time_signature():
    waltz, seven = (rule_paper(small_config().grid, metre) for metre in ('6/8', '7/8'))
    assert [x for x, is_bar in waltz.lines if is_bar] == [0.0, 120.0, 240.0]
    assert len(waltz.lines) == 8
    assert [x for x, is_bar in seven.lines if is_bar] == [0.0, 140.0, 280.0]
    assert [x for x, _ in seven.lines][:6] == [0.0, 40.0, 80.0, 120.0, 140.0, 180.0]


def test_notes_are_kept_to_be_played():
    config = small_config()
    pattern = np.array([(23, 8, 0.5, 0.5, 0.0), (0, 0, 1.0, 0.25, 1.0)], NOTE)
    roll = draw_notes(rule_paper(config.grid), pattern, '')
    assert roll.notes == [[0.125, 48, 0.5, 127], [2.0, 71, 1.0, 63.5]]
    assert draw_feature(rule_paper(config.grid), 'onset', pattern, '').notes == []
