"""Build the reports of some days: `python -m reports DAY [DAY ...]`. Workers elsewhere do the work."""

import sys
import time

from reports import results, tasks


def main(days):
    for day in days:
        tasks.export.delay(day)
    while not set(days) <= set(results.finished()):
        time.sleep(0.1)
    print(results.finished())


if __name__ == "__main__":
    main(sys.argv[1:])
