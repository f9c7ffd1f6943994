#!/usr/bin/python3
"""Runs the command in its arguments and prints, as one line of JSON, how long it took and what it used.

What the command itself prints goes to stderr. `os.wait4` reads the usage of that one process, all its threads
included, from the kernel, so that every engine is measured by the same means.
"""

import json
import os
import subprocess
import sys
import time


def main():
    started = time.monotonic()
    child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=sys.stderr)
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.monotonic() - started
    line = {
        "exitCode": os.waitstatus_to_exitcode(status),
        "seconds": seconds,
        "cpuSeconds": usage.ru_utime + usage.ru_stime,
        # Linux counts KiB, macOS bytes.
        "peakBytes": usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
    }
    print(json.dumps(line))


main()
