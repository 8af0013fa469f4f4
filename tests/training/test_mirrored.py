"""`fit` on two devices, in a process of its own: they must be there before TensorFlow starts."""

import json
from pathlib import Path

from melodyvae.loops.dataset import save_loops

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
from melodyvae import MelodyVAE, default_callbacks, load_loops, training_data
from melodyvae.training.finish import finish
config = runs.golden_config(
    training__epochs=2, training__least_steps=0, training__batch_size=15, model__anchors=5
)
config.features = ('onset', 'velocity')
data = training_data(load_loops('LOOPS'), config)
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


def test_two_devices_learn_what_one_learns(few_loops, tmp_path):
    save_loops(few_loops, tmp_path / 'loops')
    code = CODE.replace('LOOPS', str(tmp_path / 'loops')).replace('TESTS', str(TESTS))
    done = programs.run_python(code)
    found = json.loads(done.stdout.splitlines()[-1])
    assert len(found['alike']) > 10 and all(found['alike'])
    assert found['anchors'] > 0  # the second stage, too, has been made on both
    for name in ('loss', 'val_loss'):
        for two, one in zip(found['two'][name], found['one'][name], strict=True):
            assert abs(two / one - 1) < 0.02
