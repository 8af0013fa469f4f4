"""Pictures: what is drawn, and that a PNG is written."""

import csv

import numpy as np
import pytest
from matplotlib.image import imread
from matplotlib.patches import Rectangle

from melodyvae.config.presets import preset
from melodyvae.loops.loops import Loops
from melodyvae.loops.pattern import NOTE
from melodyvae.pages import plots
from melodyvae.pages.rolls import draw_piano_rolls
from melodyvae.system.errors import UserError


def read_picture(path):
    """Pixels of a PNG, checked to show something on a light background."""
    pixels = imread(path)[..., :3]
    assert (pixels.min(axis=-1) > 0.9).mean() > 0.5
    assert pixels.std() > 0.02
    return pixels


@pytest.fixture
def metrics(tmp_path):
    """A log of 12 epochs as Keras writes it, with the best held-out one at the ninth."""
    epochs = np.arange(12)
    columns = {'epoch': epochs, 'beta': np.minimum(1, epochs / 10), 'val_beta': epochs * 0.0}
    columns['learning_rate'] = 1e-3 * 0.95 ** (epochs // 5)
    for name in ('onset_loss', 'velocity_loss', 'kl', 'objective', 'loss'):
        columns[name] = 400.0 * np.exp(-epochs / 2) + 20
        columns[f'val_{name}'] = 300.0 * np.abs(epochs - 8) / 8 + 40
    path = tmp_path / 'metrics.csv'
    with path.open('w', newline='') as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return path


def panels(figure):
    """Axes by title, colour bars aside."""
    return {axes.get_title(): axes for axes in figure.axes if axes.get_title()}


def test_loss_curves_show_training_and_held_out(metrics, tmp_path):
    columns = plots.read_epochs(metrics)
    shown = panels(plots.draw_loss_curves(columns))
    assert list(shown) == [
        'onset loss (nats)',
        'velocity loss',
        'KL divergence (nats)',
        'loss at beta 1',
        'beta',
        'learning rate',
    ]
    training, held_out = shown['onset loss (nats)'].lines
    assert training.get_xdata().tolist() == list(range(1, 13))
    assert np.array_equal(training.get_ydata(), columns['onset_loss'])
    assert np.array_equal(held_out.get_ydata(), columns['val_onset_loss'])
    assert len(shown['beta'].lines) == 1
    legend = [text.get_text() for text in shown['onset loss (nats)'].get_legend().get_texts()]
    assert legend == ['training', 'held out']
    plots.write_figure(plots.draw_loss_curves(columns), tmp_path / 'new folder' / 'loss.png')
    read_picture(tmp_path / 'new folder' / 'loss.png')


def test_a_high_first_epoch_does_not_flatten_the_others():
    columns = {'epoch': np.arange(6.0), 'onset_loss': np.array([900, 60, 58, 57, 56, 55.0])}
    axes = panels(plots.draw_loss_curves(columns))['onset loss (nats)']
    assert axes.get_ylim()[1] < 65
    assert axes.get_yscale() == 'linear'
    columns['onset_loss'][1:] *= (20, 10, 5, 2, 1)
    assert panels(plots.draw_loss_curves(columns))['onset loss (nats)'].get_yscale() == 'log'


def test_best_epoch_is_marked(metrics):
    axes = panels(plots.draw_loss_curves(plots.read_epochs(metrics)))['loss at beta 1']
    (mark,) = (line for line in axes.lines if 'best' in line.get_label())
    assert (mark.get_xdata().tolist(), mark.get_ydata().tolist()) == ([9], [40.0])


@pytest.mark.parametrize(
    'text', [None, '', 'epoch,kl\n', 'epoch,kl\n0\n', 'epoch,kl\n0,x\n', 'a\n1\n']
)
def test_a_log_without_epochs_is_refused(tmp_path, text):
    path = tmp_path / 'metrics.csv'
    if text is not None:
        path.write_text(text)
    with pytest.raises(UserError, match=r'metrics\.csv (is empty. Train first|cannot be read)'):
        plots.read_epochs(path)


def maps(figure):
    """The two maps, colour bars aside."""
    return [axes for axes in figure.axes if axes.get_label() != '<colorbar>']


def test_latent_map_places_every_loop(golden_loops, tmp_path):
    z_mean = np.random.default_rng(0).uniform(-2.9, 2.9, (len(golden_loops), 2)).astype(np.float32)
    figure = plots.draw_latent_map(z_mean, golden_loops, 3.0)
    by_notes, by_pitch = maps(figure)
    for axes in (by_notes, by_pitch):
        assert np.allclose(axes.collections[0].get_offsets(), z_mean)
        (pad,) = (patch for patch in axes.patches if isinstance(patch, Rectangle))
        assert pad.get_bbox().extents.tolist() == [-3, -3, 3, 3]
        assert axes.get_xlim()[0] < -3
    notes = np.diff(golden_loops.offsets)
    assert np.array_equal(by_notes.collections[0].get_array(), notes)
    pitches = [48 + golden_loops[i]['row'].astype(float).mean() for i in range(len(golden_loops))]
    assert by_pitch.collections[0].get_array().tolist() == pytest.approx(pitches)
    assert f'{len(golden_loops)} loops' in figure.get_suptitle()
    assert '100.0%' in figure.get_suptitle()


def test_latent_map_says_what_is_off_the_pad_beyond_and_not_heard(golden_loops):
    z_mean = np.zeros((len(golden_loops), 2))
    z_mean[0] = (100, 0)
    heard = np.arange(len(golden_loops)) > 1
    title = plots.draw_latent_map(z_mean, golden_loops, 3.0, heard).get_suptitle()
    assert f'{1 - 1 / len(golden_loops):.1%} on the device' in title
    assert '1 outside the picture' in title
    assert f'{len(golden_loops) - 2} play at their dots' in title


def test_one_drum_loop_on_one_dimension_is_mapped_by_velocity(tmp_path):
    config = preset('rhythmvae')
    kicks = np.array([(0, 0, 0.5, 0.1, 0), (0, 24, 1.0, 0.1, 0)], NOTE)
    loops = Loops.from_files([('drums', [(0, kicks)])], config.grid)
    figure = plots.draw_latent_map(np.zeros((1, 1)), loops, 3.0)
    values = [axes.collections[0].get_array().tolist() for axes in maps(figure)]
    assert values == [[2], [0.75 * 127]]
    figure.savefig(tmp_path / 'map.png')
    read_picture(tmp_path / 'map.png')


def bars(figure):
    """The collection of each piano roll's bars."""
    return [max(axes.collections, key=lambda drawn: drawn.zorder) for axes in figure.axes]


def test_piano_rolls_draw_each_note_once(golden_loops, tmp_path):
    patterns = [golden_loops[i] for i in range(0, 90, 6)] + [golden_loops[0][:0]]
    config = preset('melodyvae_improved')
    titles = [f'number {i}' for i in range(15)] + [f'variation of {"x" * 60}, loop 4']
    figure = draw_piano_rolls(patterns, config.grid, titles)
    assert [len(drawn.get_paths()) for drawn in bars(figure)] == [
        len(pattern) for pattern in patterns
    ]
    shortened = 'variation of xxxxxxx…xxxxxxxxxxx, loop 4'
    assert list(panels(figure)) == [*titles[:-1], shortened]
    assert 'no notes' in [text.get_text() for text in figure.axes[15].texts]
    rows = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert rows == ['C2', 'G2', 'C3', 'G3']
    plots.write_figure(figure, tmp_path / 'rolls.png')
    pixels = read_picture(tmp_path / 'rolls.png')
    empty = draw_piano_rolls([pattern[:0] for pattern in patterns], config.grid)
    plots.write_figure(empty, tmp_path / 'empty.png')
    assert pixels.mean() < read_picture(tmp_path / 'empty.png').mean()


def test_a_bar_is_where_and_as_long_and_as_dark_as_its_note():
    loud = (12, 8, 1.0, 0.5, 0.5)  # a quarter note, a quarter of a step late
    soft = (0, 0, 0.1, 9.0, -1.0)  # half a step early, clipped to two half notes
    grid = preset('melodyvae_improved').grid
    figure = draw_piano_rolls([np.array([soft, loud], NOTE)], grid)
    (drawn,) = bars(figure)
    first, second = (path.get_extents() for path in drawn.get_paths())
    # 320 x 160 for 32 steps and 24 rows, from the top; bars are cut off at the edges.
    assert (first.x0, first.width) == (0, 155)
    assert (second.x0, second.width) == (82.5, 40)
    assert (first.y0 + first.y1) / 2 == pytest.approx(160 - 160 / 24 / 2, abs=0.1)
    assert (second.y0 + second.y1) / 2 == pytest.approx(160 - 160 / 24 * 12.5, abs=0.1)
    lighter, darker = drawn.get_facecolor()[:, 3]
    assert lighter < darker == 1
