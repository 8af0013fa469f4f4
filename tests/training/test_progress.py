"""One line an epoch."""

import io
import types

from melodyvae.training import progress
from melodyvae.training.progress import EpochLines

LOGS = {
    'kl': 2.0,
    'onset_loss': 50.0,
    'timeshift_loss': 0.00123,
    'loss': 75.0,
    'beta': 0.3,
    'learning_rate': 1e-3,
    'val_loss': 80.0,
    'val_onset_loss': 55.5,
    'val_objective': 81.0,
    'val_timeshift_loss': 0.0,
    'val_kl': 1.0,
}


def print_lines(logs, *, epochs=2, **options):
    """What is printed of so many epochs that all end alike."""
    out = io.StringIO()
    lines = begin(out, epochs, **options)
    for epoch in range(epochs):
        lines.on_epoch_begin(epoch)
        lines.on_epoch_end(epoch, logs)
    return out.getvalue().splitlines()


def begin(out, epochs=2, monitor='val_objective', losses=False) -> EpochLines:
    lines = EpochLines(monitor, losses=losses, file=out)
    lines.set_params({'epochs': epochs, 'steps': 5})
    lines.on_train_begin()
    return lines


def test_a_line_is_short_and_in_plain_words():
    first, *_, last = print_lines(LOGS)
    assert first.startswith('epoch 1/2  held-out loss 81.00  best 81.00  ')
    assert first.endswith('0:00 left')
    assert last == 'Training is done; finishing the model ...'


def test_the_time_left_never_has_sixty_seconds(monkeypatch):
    lines = begin(io.StringIO())
    lines.on_epoch_begin(0)
    clock = types.SimpleNamespace(monotonic=lambda: lines.started + 179.9)
    monkeypatch.setattr(progress, 'time', clock)
    assert lines.line(0, LOGS).endswith('3:00 left')
    large = {'val_objective': 123456.789}
    assert max(map(len, print_lines(large, epochs=1000))) <= 80


def test_nothing_held_out_leaves_the_loss():
    assert print_lines({'loss': 75.0})[0].startswith('epoch 1/2  loss 75.00  0:')
    first = print_lines({'objective': 70.0}, monitor='objective')[0]
    assert first.startswith('epoch 1/2  loss 70.00  best 70.00  ')


def test_with_losses_a_line_holds_every_loss_and_the_best():
    out = io.StringIO()
    lines = begin(out, 20, losses=True)
    for epoch, best in ((0, 81.0), (1, 90.0)):
        lines.on_epoch_begin(epoch)
        lines.on_train_batch_end(0, {'loss': 75.0})
        lines.on_epoch_end(epoch, LOGS | {'val_objective': best})
    first, second = out.getvalue().splitlines()
    for words in (
        'epoch 1/20  loss 75.00/80.00  onset 50.00/55.50  timeshift 0.0012/0  kl 2.00/1.00',
        'beta 0.30',
        'lr 0.001',
        'held-out loss 81.00  best 81.00',
        'left',
    ):
        assert words in first
    assert 'epoch 2/20' in second and 'loss 90.00  best 81.00' in second


def test_a_terminal_sees_a_bar():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    out = Terminal()
    lines = begin(out)
    lines.on_epoch_begin(0)
    for step in range(3):
        lines.on_train_batch_end(step, {'loss': 7.5})
    lines.on_epoch_end(0, LOGS)
    assert 'epoch 1/2' in out.getvalue() and 'step' in out.getvalue()
