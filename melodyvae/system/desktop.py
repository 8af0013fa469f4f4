"""Files that desktops leave in the folders that they display."""

_NAMES = {'.DS_Store', 'Thumbs.db', 'desktop.ini', 'Icon\r'}


def is_left_by_desktop(name: str) -> bool:
    """Returns whether the Finder or Explorer created the file of this name.

    macOS stores the attributes of NAME as '._NAME' in ZIP files and on foreign disks.
    """
    return name in _NAMES or name.startswith('._')
