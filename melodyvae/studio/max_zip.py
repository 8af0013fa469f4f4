"""The download of a run for Max."""

import io
import zipfile
from pathlib import Path

from melodyvae.playing.dials import choose_dials, describe_loading, refuse_without_device
from melodyvae.runs.folder import RunFolder
from melodyvae.system.errors import UserError

MAX_BYTES = 256 * 2**20  # of the model


def zip_for_max(run: RunFolder) -> bytes:
    """Packs the model for a device, and a text with the settings of its dials.

    Raises:
      UserError: if the run has no model yet, or it is too large.
    """
    config = run.config
    refuse_without_device(config)
    model = run.own_export
    if not model.is_dir():
        raise UserError('This run has no model yet: end its training first.')
    files = sorted(model.iterdir())
    if sum(file.stat().st_size for file in files) > MAX_BYTES:
        raise UserError(
            f'{model.name} of this run is larger than {MAX_BYTES >> 20} MB: copy its folder.'
        )
    dials = choose_dials(config, config.device.threshold_as_loaded)
    lines = [describe_loading(Path(model.name)), '']
    lines += [f'{dial.name}: {dial.setting} ({dial.reason})' for dial in dials]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, 'w', zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, f'{model.name}/{file.name}')
        archive.writestr('In Max.txt', '\n'.join(lines) + '\n')
    return buffer.getvalue()
