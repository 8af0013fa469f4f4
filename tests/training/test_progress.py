"""One line per epoch."""

import io
import types

from melodyvae.training import progress
from melodyvae.training.progress import EpochLines

LOGS = {
    **{'kl': 2.0, 'onset_loss': 50.0, 'timeshift_loss': 0.00123, 'loss': 75.0},
    **{'beta': 0.3, 'learning_rate': 1e-3, 'val_loss': 80.0, 'val_onset_loss': 55.5},
    **{'val_objective': 81.0, 'val_timeshift_loss': 0.0, 'val_kl': 1.0},
}


def print_lines(*logs, monitor='val_objective', losses=False, epochs=0, out=None):
    """What is printed of epochs that end like this."""
    out = out or io.StringIO()
    lines = EpochLines(monitor, losses=losses, file=out)
    lines.set_params({'epochs': epochs or len(logs), 'steps': 5})
    lines.on_train_begin()
    for epoch, values in enumerate(logs):
        lines.on_epoch_begin(epoch)
        lines.on_train_batch_end(0, {'loss': 7.5})
        lines.on_epoch_end(epoch, values)
    return out.getvalue().splitlines()


def test_a_line_is_short_and_in_plain_words():
    first, *_, last = print_lines(LOGS, LOGS)
    assert first.startswith('epoch 1/2  held-out loss 81.00  best 81.00  ')
    assert first.endswith('0:00 left')
    assert last == 'Training is done; finishing the model ...'
    assert len(print_lines({'val_objective': 123456.789}, epochs=1000)[0]) <= 80


def test_the_time_left_never_has_sixty_seconds(monkeypatch):
    seconds = iter([0, 179.9])
    clock = types.SimpleNamespace(monotonic=lambda: next(seconds))
    monkeypatch.setattr(progress, 'time', clock)
    assert print_lines(LOGS, epochs=2)[0].endswith('3:00 left')


def test_nothing_held_out_leaves_the_loss():
    assert print_lines({'loss': 75.0})[0].startswith('epoch 1/1  loss 75.00  0:')
    first = print_lines({'objective': 70.0}, monitor='objective')[0]
    assert first.startswith('epoch 1/1  loss 70.00  best 70.00  ')


def test_with_losses_a_line_holds_every_loss_and_the_best():
    first, second = print_lines(LOGS, LOGS | {'val_objective': 90.0}, losses=True, epochs=20)
    values = 'loss 75.00/80.00  onset 50.00/55.50  timeshift 0.0012/0  kl 2.00/1.00  beta 0.30'
    best = 'held-out loss 81.00  best 81.00'
    assert first.startswith(f'epoch 1/20  {values}  lr 0.001  {best}  ')
    assert 'epoch 2/20' in second and 'loss 90.00  best 81.00' in second


def test_a_terminal_sees_a_bar():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    out = Terminal()
    print_lines(LOGS, out=out)
    assert 'epoch 1/1' in out.getvalue() and 'step' in out.getvalue()
