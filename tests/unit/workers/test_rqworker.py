import subprocess
import sys

HORSE = """
import os, time
from workers.rqworker import QueueWorker

class Quick(QueueWorker):
    stuck = 0.2

worker = Quick.__new__(Quick)
worker._owner = os.getppid()
worker.setup_work_horse_signals()

def hang(token):
    time.sleep(1)

hang("xoxb-secret")
"""


def test_a_job_that_hangs_says_where_and_nothing_of_its_values() -> None:
    done = subprocess.run(
        [sys.executable, "-c", HORSE], capture_output=True, text=True, timeout=60, check=True
    )
    first, thread, hanging, *_ = done.stderr.splitlines()
    assert first == "Timeout (0:00:00.200000)!"
    assert "most recent call first" in thread
    assert hanging.endswith('File "<string>", line 13 in hang')
    assert "xoxb" not in done.stderr
