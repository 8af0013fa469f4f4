"""How many threads TensorFlow gets."""

import subprocess
import sys


def test_threads_are_set_by_the_documented_call_and_not_over_one_s_own():
    code = (
        'import os, melodyvae.system.cores\n'
        'melodyvae.system.cores.count_cores = lambda: {cores}\n'
        'import melodyvae\n'
        'melodyvae.set_threads()\n'
        "print(os.environ.get('TF_NUM_INTRAOP_THREADS'))\n"
    )
    for cores, before, after in [(1, '', '1'), (2, '', '1'), (2, '2', '2'), (4, '', 'None')]:
        environment = {'TF_NUM_INTRAOP_THREADS': before} if before else {}
        done = subprocess.run(
            [sys.executable, '-c', code.format(cores=cores)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=100,
        )
        assert done.stdout.strip() == after, done.stderr
