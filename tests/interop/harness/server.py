# SPDX-License-Identifier: Apache-2.0
#
# One server process, known only by its flags, its files and its log. A thread reads the log as it
# comes, so that a scenario can wait for a line without polling. Every process is entered in a set
# and ended by its pid, whatever happened to the scenario that started it.

import re
import signal
import subprocess
import threading

from .checks import Deadline, Failure
from .wire import WAIT_S

LOG_LINE = re.compile(
    r"^\[(?P<pid>\d+)\] (?P<time>\d{4}/\d\d/\d\d \d\d:\d\d:\d\d\.\d{6}) "
    r"\[(?P<level>INF|DBG|WRN|ERR|FTL|TRC)\] (?P<text>.*)$")
CLIENT_LISTENER = re.compile(r"Listening for client connections on (\S+):(\d+)$")
WEBSOCKET_LISTENER = re.compile(r"Listening for websocket clients on (wss?)://(\S+):(\d+)$")
LEAF_LISTENER = re.compile(r"Listening for leafnode connections on (\S+):(\d+)$")
STOP_WAIT_S = 10.0
CLEAN_STOP_SIGNAL = signal.SIGINT

_running = set()
_running_lock = threading.Lock()
_interrupted = False


def end_all():
    """Last resort when the suite itself is interrupted: nothing runs, nothing starts any more."""
    global _interrupted
    with _running_lock:
        _interrupted = True
        for process in _running:
            process.kill()


class Server:
    """Thread: `_lines` is written by the reader thread, under `_changed`."""

    def __init__(self, program, args, directory, env=None):
        self.program, self.args = program, args
        self.expected_exit = False
        self._lines = []
        self._changed = threading.Condition()
        self._log_ended = False
        with _running_lock:
            if _interrupted:
                raise Failure("the suite was interrupted")
            self.process = subprocess.Popen(
                [program, *args], cwd=directory, env=env, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            _running.add(self.process)
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()

    def _read_log(self):
        for raw in self.process.stderr:
            with self._changed:
                self._lines.append(raw.decode(errors="replace").rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._log_ended = True
            self._changed.notify_all()

    @property
    def pid(self):
        return self.process.pid

    # The log.

    def log(self):
        with self._changed:
            return list(self._lines)

    def log_texts(self, level=None):
        """Texts of the well-formed log lines, without pid, time and level."""
        found = (LOG_LINE.match(line) for line in self.log())
        return [m["text"] for m in found if m and level in (None, m["level"])]

    def wait_log(self, pattern, times=1, wait_s=WAIT_S):
        """Waits for a log line that `pattern` (a regular expression) is found in."""
        wanted = re.compile(pattern)
        deadline = Deadline(wait_s)
        with self._changed:
            while True:
                hits = [m for line in self._lines if (m := wanted.search(line))]
                if len(hits) >= times:
                    return hits[times - 1]
                if self._log_ended or deadline.passed():
                    raise Failure(self._no_line(pattern, times, deadline))
                self._changed.wait(deadline.left())

    def _no_line(self, pattern, times, deadline):
        why = "the server ended" if self._log_ended else f"waited {deadline.seconds:g} s"
        tail = "\n    ".join(self._lines[-15:])
        return f"no log line {pattern!r} (x{times}); {why}; log:\n    {tail}"

    def wait_ready(self):
        self.wait_log(r"Server is ready$", wait_s=2 * WAIT_S)
        return self

    # Where it listens.

    def port(self):
        return int(self.wait_log(CLIENT_LISTENER.pattern)[2])

    def leaf_port(self):
        return int(self.wait_log(LEAF_LISTENER.pattern)[2])

    def websocket_port(self):
        return int(self.wait_log(WEBSOCKET_LISTENER.pattern)[3])

    def websocket_url(self, userinfo="", path=""):
        found = self.wait_log(WEBSOCKET_LISTENER.pattern)
        return f"{found[1]}://{userinfo + '@' if userinfo else ''}127.0.0.1:{found[3]}{path}"

    def url(self, userinfo=""):
        return f"nats://{userinfo + '@' if userinfo else ''}127.0.0.1:{self.port()}"

    def leaf_url(self, userinfo=""):
        return f"nats-leaf://{userinfo + '@' if userinfo else ''}127.0.0.1:{self.leaf_port()}"

    # Its end.

    def signal(self, number):
        self.process.send_signal(number)

    def wait_exit(self, wait_s=STOP_WAIT_S):
        """The exit code; the log is complete afterwards."""
        self.expected_exit = True
        try:
            code = self.process.wait(Deadline(wait_s).seconds)
        except subprocess.TimeoutExpired:
            raise Failure(f"pid {self.pid} did not end within {wait_s:g} s") from None
        self._reader.join()
        return code

    def stop(self, number=CLEAN_STOP_SIGNAL):
        self.signal(number)
        return self.wait_exit()

    def clean_up(self):
        """Ends the process. Returns what was wrong with how it lived or ended, or None."""
        try:
            return self._complaint()
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            self._reader.join()
            self.process.stderr.close()
            with _running_lock:
                _running.discard(self.process)

    def _complaint(self):
        if self.expected_exit and self.process.poll() is not None:
            return None
        if self._log_ended or self.process.poll() is not None:
            code = self.process.wait(Deadline(STOP_WAIT_S).seconds)
            self._reader.join()
            return f"{self.program} ended by itself with {code}; log:\n    " + self.log_tail()
        self.signal(CLEAN_STOP_SIGNAL)
        try:
            code = self.process.wait(Deadline(STOP_WAIT_S).seconds)
        except subprocess.TimeoutExpired:
            return f"{self.program} did not stop within {STOP_WAIT_S:g} s of SIGINT"
        return None if code == 0 else f"{self.program} ended with {code} after SIGINT"

    def log_tail(self, count=15):
        return "\n    ".join(self.log()[-count:])
