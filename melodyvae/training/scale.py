"""Scales the latent space of a trained model to the pad of its device."""

import numpy as np

from melodyvae.loops.loops import Loops
from melodyvae.model.vae import MelodyVAE
from melodyvae.playing.player import Player, encode
from melodyvae.training.pad import MAX_ENCODED

ON_PAD = 0.98  # minimum share of the loops on the pad
MARGIN = 0.999  # for rounding


def scale_to_pad(model: MelodyVAE, loops: Loops) -> None:
    """Scales z down until 98% of the loops lie on the pad; they sound as before.

    Encoder and first layer of the decoder are scaled by opposite factors.

    Args:
      model: trained, with the decoder of `build_decoder`.
      loops: the library.
    """
    z_mean, _ = encode(Player.of(model, 0.5), loops.take_at_most(MAX_ENCODED))
    reach = np.quantile(np.abs(z_mean).max(axis=1), ON_PAD, method='higher')
    scale = MARGIN * model.config.device.pad / max(float(reach), 1e-9)
    if scale >= 1:
        return
    mean, spread = (model.encoder.get_layer(name) for name in ('z_mean', 'z_log_var'))
    first = model.decoder.get_layer('decoder_shared_dense')
    for variable in (mean.kernel, mean.bias):
        variable.assign(variable * scale)
    spread.bias.assign(spread.bias + 2 * np.log(scale))
    first.kernel.assign(first.kernel / scale)
