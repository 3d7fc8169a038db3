"""Run a program and print, as JSON, its exit code, CPU seconds and peak memory: ``measured.py SECONDS PROGRAM ...``.

A process of its own because Linux counts the memory of the process that starts a program as that program's: this one is
small. What it prints covers the processes that the program started itself and waited for.
"""

import json
import os
import resource
import signal
import subprocess
import sys


def main() -> None:
    """The program."""
    limit_seconds, argv = float(sys.argv[1]), sys.argv[2:]
    running = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)
    try:
        _, errors = running.communicate(timeout=limit_seconds)
    except subprocess.TimeoutExpired:
        os.killpg(running.pid, signal.SIGKILL)
        _, errors = running.communicate()
        errors += b"\ntook too long"
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    told = {
        "code": running.returncode,
        "cpu_seconds": used.ru_utime + used.ru_stime,
        "peak_bytes": used.ru_maxrss * 1024,
        "last_error": errors.decode("utf-8", "replace").strip().rpartition("\n")[2],
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
