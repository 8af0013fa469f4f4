"""The dials of a device, for programs that print where they belong."""

from melodyvae.cli.tables import print_table
from melodyvae.config.settings import Config
from melodyvae.playing.dials import device_dials

COLUMNS = ('dial', 'setting', 'why')


def print_dials(config: Config, threshold: float) -> None:
    """Prints a table of `device_dials`; the arguments are explained there."""
    dials = device_dials(config, threshold)
    rows = [(dial.name, dial.setting, dial.reason) for dial in dials]
    print_table(COLUMNS, rows, texts=COLUMNS)
