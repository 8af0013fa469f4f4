"""The dials of a device, for programs that print where they belong."""

from melodyvae.config.settings import Config
from melodyvae.playing.dials import choose_dials
from melodyvae.system.terminal import print_table

COLUMNS = ('dial', 'setting', 'why')


def print_dials(config: Config, threshold: float) -> None:
    """Prints a table of `choose_dials`; the arguments are explained there."""
    dials = choose_dials(config, threshold)
    rows = [(dial.name, dial.setting, dial.reason) for dial in dials]
    print_table(COLUMNS, rows, texts=COLUMNS)
