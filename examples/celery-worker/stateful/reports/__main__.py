"""Build the reports of some days: `python -m reports DAY [DAY ...]`.

The broker is this process's own memory, so the worker has to be a thread of it.
"""

import sys
import threading
import time

from reports import results, tasks
from reports.app import app


def main(days):
    worker = app.WorkController(pool="solo")
    thread = threading.Thread(target=worker.start, daemon=True)
    thread.start()
    for day in days:
        tasks.export.delay(day)
    while len(results.finished()) < len(set(days)):
        time.sleep(0.1)
    print(results.finished())
    worker.stop()
    thread.join(10)


if __name__ == "__main__":
    main(sys.argv[1:])
