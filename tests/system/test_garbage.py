"""What is imported is no garbage."""

import gc

from melodyvae.system.garbage import keep_imports


def test_what_stays_is_not_looked_through():
    before = gc.get_freeze_count()
    with keep_imports():
        assert not gc.isenabled()
        kept = [[number] for number in range(1000)]
    assert gc.isenabled()
    assert gc.get_freeze_count() >= before + len(kept)
    assert not any(kept is found for found in gc.get_objects())
