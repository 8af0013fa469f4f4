"""What the log of a training says: what it does, and why it ended."""

import re
from collections.abc import Sequence

SPEAKER = 'melodyvae_train: '  # begins the line that says why a training ended
STARTING = 'Starting ...'  # the first line of each training
WAITING = 'Waiting for another training ...'
# What a training does, by the last such line of its log.
STAGES = {
    r'^Waiting ': 'Waiting for another training',
    r'^Starting \.\.\.': 'Starting',
    r'^Reading ': 'Reading',
    r'^Training on |^epoch ': 'Learning',
    r'^Training is done|^Making the pad|^Calibrating': 'Making the pad',
    r' plays\. Writing ': 'Writing',
    r'^Stopping': 'Stopping',
}


def find_stage(lines: Sequence[str]) -> tuple[str, str]:
    """Returns what a training does, in a word or two, and how long its epochs still take.

    Args:
      lines: of its log.
    """
    for line in reversed(lines):
        for pattern, stage in STAGES.items():
            if re.search(pattern, line):
                left = re.search(r'(\d+:\d\d) left', line)
                return stage, left[1] if left and stage == 'Learning' else ''
    return 'Starting', ''


def explain_end(lines: Sequence[str], status: int | None) -> str:
    """Returns why the last training has ended, as far as is known; '' otherwise.

    Args:
      lines: of the log.
      status: of the process that has trained, if it is known.
    """
    if lines and lines[-1] == WAITING:
        return 'It did not start, because the studio was closed while it waited.'
    starts = [number for number, line in enumerate(lines) if line == STARTING]
    last = [line for line in lines[starts[-1] + 1 if starts else 0 :] if line.strip()]
    said = [line for line in last if line.startswith(SPEAKER)]
    if said:
        return said[-1].removeprefix(SPEAKER)
    if any(line.startswith('Traceback ') for line in last) or (status or 0) > 0:
        return f'The training has failed: {last[-1].strip()}' if last else ''
    # A training that ends by itself prints a sentence, or finishes the run.
    return 'It was killed.' if starts or (status or 0) < 0 else ''
