"""Reading the numbers that were measured on the devices."""

import json
from pathlib import Path

GOLDEN = Path(__file__).parent / 'golden'


def read(name: str) -> dict:
    return json.loads((GOLDEN / name).read_text())
