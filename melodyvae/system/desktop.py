"""What desktops leave in folders that somebody has looked at."""

_NAMES = {'.DS_Store', 'Thumbs.db', 'desktop.ini', 'Icon\r'}


def is_left_by_desktop(name: str) -> bool:
    """Whether a file of this name is the Finder's or the Explorer's, and nobody's work.

    '._NAME' is what macOS keeps beside NAME on other systems' disks.
    """
    return name in _NAMES or name.startswith('._')
