"""`fit` on two devices, in a process of its own: they must be there before TensorFlow starts."""

import json
from pathlib import Path

import programs

TESTS = Path(programs.__file__).parent

CODE = """
import json
import sys
import numpy as np
import tensorflow as tf
cpu, *_ = tf.config.list_physical_devices('CPU')
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
sys.path.insert(0, 'TESTS')
import runs
from melodyvae import MelodyVAE, default_callbacks, read_midi, training_data
from melodyvae.training.finish import finish
config = runs.small_config('melodyvae')
config.training.epochs, config.training.least_steps = 3, 0
loops = read_midi('MIDI', config, quiet=True)
data = training_data(loops, config)
def fit(model):
    return model.fit(data, callbacks=default_callbacks(data, quiet=True)).history
strategy = tf.distribute.MirroredStrategy(['CPU:0', 'CPU:1'])
with strategy.scope():
    model = MelodyVAE(config)
two, one = fit(model), fit(MelodyVAE(config))
finish(model, data)
alike = []
for variable in model.trainable_variables:
    first, second = (x.numpy() for x in strategy.experimental_local_results(variable.value))
    alike.append(bool(np.isfinite(first).all() and np.array_equal(first, second)))
print(json.dumps({'two': two, 'one': one, 'alike': alike, 'anchors': model.anchors}))
"""


def test_two_devices_learn_what_one_learns():
    code = CODE.replace('MIDI', str(programs.GOLDEN_MIDI)).replace('TESTS', str(TESTS))
    done = programs.run_python(code)
    found = json.loads(done.stdout.splitlines()[-1])
    assert len(found['alike']) > 10 and all(found['alike'])
    assert found['anchors'] > 0  # the second stage, too, has been made on both
    for name in ('loss', 'val_loss'):
        for two, one in zip(found['two'][name], found['one'][name], strict=True):
            assert abs(two / one - 1) < 0.02
