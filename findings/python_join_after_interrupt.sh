#!/usr/bin/env bash
# Python: after Ctrl-C has interrupted Thread.join(), a second join() returns at once although the thread still runs.
#
# Python 3.11 (seen with 3.11.2 and 3.11.7; needs no package). join() that KeyboardInterrupt leaves checks whether the
# thread's lock is held, takes a lock that the running thread itself holds for one it had just acquired, releases it, and marks
# the thread as stopped. Programs that answer Ctrl-C with "tell the worker to stop, then join it" go on while the worker
# is at work: around a C library this ends in a crash when the interpreter shuts down. An Event that the worker sets at
# its end is waited for correctly.
#
# Seen: second join 0.0 s, is_alive() False, work ended False; the event is waited for until the work has ended.
# Exit code 1 if that is no longer so.
set -euo pipefail
python3 - <<'END'
import signal
import sys
import threading
import time

ended = threading.Event()
worker = threading.Thread(target=lambda: (time.sleep(2), ended.set()), daemon=True)
worker.start()
signal.signal(signal.SIGALRM, signal.default_int_handler)  # as SIGINT does
signal.setitimer(signal.ITIMER_REAL, 0.3)
interrupted = False
try:
    worker.join()
except KeyboardInterrupt:
    interrupted = True
begin = time.monotonic()
worker.join()
seconds, alive, before = time.monotonic() - begin, worker.is_alive(), ended.is_set()
ended.wait()
print(f"Python {sys.version.split()[0]}: interrupted {interrupted}, second join {seconds:.1f} s, is_alive() {alive}, "
      f"work ended {before}; after waiting for the event: {ended.is_set()}")
sys.exit(0 if interrupted and seconds < 1 and not alive and not before and ended.is_set() else 1)
END
