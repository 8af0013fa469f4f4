"""What watches a training, pictures for TensorBoard and the live model, does not change it."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from melodyvae.model.vae import MelodyVAE
from melodyvae.runs import live, tensorboard
from melodyvae.runs.live import LiveModel
from melodyvae.runs.tensorboard import TensorBoardLosses, TensorBoardPictures

from runs import small_config

EPOCHS = 3
TAGS = {'latent map', 'the same z each time'}


def train(loops, *callbacks):
    """A tiny model after a few epochs, with its optimiser."""
    keras.utils.set_random_seed(3)
    model = MelodyVAE(small_config())
    model.compile(optimizer='adam')
    x = loops.to_dense(np.arange(40))
    model.fit(x, epochs=EPOCHS, batch_size=16, verbose=0, callbacks=list(callbacks))
    return model


def pictures(folder):
    """(epoch, pixels) of each picture, by tag."""
    events = EventAccumulator(str(folder)).Reload()
    return {
        tag: [
            (event.step, tf.io.decode_png(event.tensor_proto.string_val[2]).numpy())
            for event in events.Tensors(tag)
        ]
        for tag in events.Tags()['tensors']
    }


@pytest.fixture(scope='module')
def trained(golden_loops, tmp_path_factory):
    """A folder of events and the live model, and the model that was trained meanwhile."""
    folder = tmp_path_factory.mktemp('events')
    with pytest.MonkeyPatch.context() as patched:
        for module, share in ((tensorboard, 'DRAWING_SHARE'), (live, 'LIVE_SHARE')):
            patched.setattr(module, share, float('inf'))
        watching = [
            TensorBoardLosses(folder, write_graph=False),
            TensorBoardPictures(folder, golden_loops),
            LiveModel(folder / 'live', golden_loops),
        ]
    model = train(golden_loops, *watching)
    return folder, model


def test_pictures_come_with_every_epoch_where_time_is_free(trained):
    folder, _ = trained
    found = pictures(folder / 'pictures')
    assert set(found) == TAGS
    for tag in TAGS:
        assert [epoch for epoch, _ in found[tag]] == list(range(EPOCHS))


def test_pictures_come_first_and_last_where_they_would_take_too_long(
    trained, golden_loops, tmp_path, monkeypatch
):
    monkeypatch.setattr(tensorboard, 'DRAWING_SHARE', 1e-9)
    callback = TensorBoardPictures(tmp_path, golden_loops)
    callback.set_model(trained[1])
    callback.on_train_begin()
    for epoch in range(EPOCHS):
        callback.on_epoch_end(epoch)
    callback.on_train_end()
    for pages in pictures(tmp_path / 'pictures').values():
        assert [epoch for epoch, _ in pages] == [0, EPOCHS - 1]


def test_pictures_show_the_model_of_their_epoch(trained):
    folder, _ = trained
    for pages in pictures(folder / 'pictures').values():
        (_, first), *_, (_, last) = pages
        assert first.shape[0] > 200 and first.shape[1] > 600
        assert (first.min(axis=-1) > 230).mean() > 0.5  # drawn on white
        assert first.std() > 5
        assert first.shape != last.shape or (first != last).any()


def test_scalars_stay_where_they_were(trained):
    folder, _ = trained
    events = EventAccumulator(str(folder / 'train')).Reload()
    steps = [event.step for event in events.Tensors('epoch_loss')]
    assert steps == list(range(EPOCHS))


def test_training_gives_the_same_bits_unwatched(trained, golden_loops):
    folder, watched = trained
    assert (folder / 'live' / 'melodyvae_improved.model').is_dir()
    states = ([*x.variables, *x.optimizer.variables] for x in (watched, train(golden_loops)))
    for ours, theirs in zip(*states, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy(), err_msg=ours.path)


def test_a_library_larger_than_the_map_is_thinned_evenly(golden_loops, tmp_path):
    many = golden_loops.take(np.arange(2500) % len(golden_loops))
    assert len(TensorBoardPictures(tmp_path, many).loops) == 1000
