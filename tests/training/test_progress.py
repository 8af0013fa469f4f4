"""One line an epoch with every number that matters."""

import io

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


def test_a_line_holds_every_loss_and_the_best():
    out = io.StringIO()
    lines = EpochLines(monitor='val_objective', file=out)
    lines.set_params({'epochs': 20, 'steps': 5})
    lines.on_train_begin()
    for epoch, best in ((0, 81.0), (1, 90.0)):
        lines.on_epoch_begin(epoch)
        lines.on_train_batch_end(0, {'loss': 75.0})
        lines.on_epoch_end(epoch, LOGS | {'val_objective': best})
    first, second = out.getvalue().splitlines()
    for words in (
        'epoch 1/20  loss 75.00/80.00  onset 50.00/55.50  timeshift 0.0012/0  kl 2.00/1.00',
        'beta 0.30',
        'lr 0.001',
        'best objective 81.00',
        'left',
    ):
        assert words in first
    assert 'epoch 2/20' in second and 'best objective 81.00' in second


def test_a_terminal_sees_a_bar():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    out = Terminal()
    lines = EpochLines(monitor='val_objective', file=out)
    lines.set_params({'epochs': 2, 'steps': 3})
    lines.on_train_begin()
    lines.on_epoch_begin(0)
    for step in range(3):
        lines.on_train_batch_end(step, {'loss': 7.5})
    lines.on_epoch_end(0, LOGS)
    assert 'epoch 1/2' in out.getvalue() and 'step' in out.getvalue()
