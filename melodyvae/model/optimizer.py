"""Adam as one kernel per variable, with either of the two epsilons."""

import keras
import tensorflow as tf

from melodyvae.config.settings import Config


@keras.saving.register_keras_serializable('melodyvae')
class FusedAdam(keras.optimizers.Adam):
    """Keras's Adam, with one TensorFlow kernel per variable instead of a dozen.

    The results equal those of `keras.optimizers.Adam` up to rounding. There is no such kernel for
    `amsgrad`.

    Raises:
      ValueError: on `amsgrad`.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.amsgrad:
            raise ValueError(f'{type(self).__name__} has no amsgrad: use keras.optimizers.Adam.')

    def update_step(self, gradient, variable, learning_rate):
        index = self._get_variable_index(variable)
        dtype = variable.dtype
        step = tf.cast(self.iterations + 1, dtype)
        beta_1, beta_2 = tf.cast(self.beta_1, dtype), tf.cast(self.beta_2, dtype)
        beta_2_power = tf.pow(beta_2, step)
        tf.raw_ops.ResourceApplyAdam(
            var=_handle(variable),
            m=_handle(self._momentums[index]),
            v=_handle(self._velocities[index]),
            beta1_power=tf.pow(beta_1, step),
            beta2_power=beta_2_power,
            lr=tf.cast(learning_rate, dtype),
            beta1=beta_1,
            beta2=beta_2,
            epsilon=self.epsilon_hat(beta_2_power),
            grad=tf.cast(gradient, dtype),
        )

    def epsilon_hat(self, beta_2_power):
        """Returns what is added to the root of the uncorrected second moment, a scalar.

        Args:
          beta_2_power: beta_2 to the power of the step, counted from 1; a scalar.
        """
        return tf.cast(self.epsilon, beta_2_power.dtype)


@keras.saving.register_keras_serializable('melodyvae')
class PaperAdam(FusedAdam):
    """Adam as in the paper and in TF.js: `m_hat / (sqrt(v_hat) + epsilon)`.

    D. Kingma and J. Ba, "Adam", 2015, algorithm 1, adds epsilon after the bias correction. Keras
    and TensorFlow add it before ("epsilon hat"), which weighs 32 times more at the first step.
    """

    def epsilon_hat(self, beta_2_power):
        # sqrt(v_hat) is sqrt(v) / sqrt(1 - beta_2_power): this epsilon is divided by the same.
        return super().epsilon_hat(beta_2_power) * tf.sqrt(1 - beta_2_power)


def build_optimizer(config: Config) -> keras.optimizers.Optimizer:
    """Returns Adam with the config's learning rate, and the epsilon of TensorFlow and TF.js."""
    adam = PaperAdam if config.training.device_adam else FusedAdam
    return adam(learning_rate=config.training.learning_rate, epsilon=1e-7)


def _handle(variable):
    """Returns the resource of a variable of Keras or TensorFlow."""
    return (variable.value if isinstance(variable, keras.Variable) else variable).handle
