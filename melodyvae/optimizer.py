"""Adam as the paper writes it, which is how TF.js trains."""

import keras
from keras import ops


@keras.saving.register_keras_serializable('melodyvae')
class PaperAdam(keras.optimizers.Adam):
    """Adam that adds epsilon after the bias correction: `m_hat / (sqrt(v_hat) + epsilon)`.

    Kingma and Ba (2015), algorithm 1. Keras and TensorFlow add it before ("epsilon hat"), so that
    theirs weighs 32 times more at the first step.
    """

    def update_step(self, gradient, variable, learning_rate):
        step = ops.cast(self.iterations + 1, variable.dtype)
        rate = ops.cast(learning_rate, variable.dtype)
        gradient = ops.cast(gradient, variable.dtype)
        first = self._momentums[self._get_variable_index(variable)]
        second = self._velocities[self._get_variable_index(variable)]
        self.assign_add(first, (gradient - first) * (1 - self.beta_1))
        self.assign_add(second, (ops.square(gradient) - second) * (1 - self.beta_2))
        corrected_first = first / (1 - ops.power(self.beta_1, step))
        corrected_second = second / (1 - ops.power(self.beta_2, step))
        self.assign_sub(
            variable, rate * corrected_first / (ops.sqrt(corrected_second) + self.epsilon)
        )
