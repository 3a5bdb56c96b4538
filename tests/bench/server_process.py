# SPDX-License-Identifier: Apache-2.0
"""The servers under measurement: started on free ports, watched through /proc, ended by their pid.

CPU time is read from the process's own CPU clock (what clock_getcpuclockid(3) names): nanoseconds,
all threads, ended ones included, and up to date for a thread that is running. /proc/PID/stat says
the same in steps of 10 ms; summing /proc/PID/task/*/schedstat forgets the threads that have ended.
"""

import contextlib
import pathlib
import re
import signal
import socket
import subprocess
import time

START_SECONDS_MAX = 10.0
STOP_SECONDS_MAX = 10.0
START_ATTEMPTS = 3

SETTLE_STEP_SECONDS = 0.1
SETTLE_SECONDS_MAX = 1.5
SETTLED_BYTES = 32 << 10


class ServerFailed(Exception):
    """A server did not start, ended by itself, or crashed while stopping."""


def free_port():
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def version_of(binary):
    answer = subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=10)
    return (answer.stdout + answer.stderr).strip()


class ServerProcess:
    """One server with its config and log in `folder`. Use as a context manager."""

    def __init__(self, binary, folder, name, config="", leaf_listen=False):
        self.name = name
        self.binary = str(binary)
        self.folder = pathlib.Path(folder)
        self.config = config
        self.leaf_listen = leaf_listen

    def __enter__(self):
        for attempt in range(1, START_ATTEMPTS + 1):
            try:
                self._start()
                return self
            except ServerFailed:
                # Between choosing a port and listening on it another process may have taken it.
                taken = "address already in use" in self._log_tail().lower()
                if not taken or attempt == START_ATTEMPTS:
                    raise
        raise AssertionError("unreachable")

    def __exit__(self, *_):
        died = self.process.poll()
        if died is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                died = self.process.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                self._log.close()
                raise ServerFailed(f"{self.name} did not stop: {self._log_tail()}") from None
        self._log.close()
        if died < 0 and died != -signal.SIGTERM:
            raise ServerFailed(f"{self.name} ended by signal {-died}: {self._log_tail()}")

    def check_alive(self):
        code = self.process.poll()
        if code is not None:
            how = f"signal {-code}" if code < 0 else f"status {code}"
            raise ServerFailed(f"{self.name} ended by itself with {how}: {self._log_tail()}")

    def cpu_ns(self):
        return time.clock_gettime_ns((~self.process.pid << 3) | 2)

    def resident_bytes(self):
        # The rollup walks the pages; VmRSS may lag behind on kernels before 6.17.
        with contextlib.suppress(OSError):
            return self._kib("smaps_rollup", "Rss")
        return self._kib("status", "VmRSS")

    def peak_bytes(self):
        return self._kib("status", "VmHWM")

    def reset_peak(self):
        # Where the kernel does not offer it, the peak is that since the start: still an upper
        # bound.
        with contextlib.suppress(OSError):
            self._proc("clear_refs").write_text("5")

    def _start(self):
        self.port = free_port()
        self.leaf_port = free_port() if self.leaf_listen else None
        config_path = self.folder / f"{self.name}.conf"
        config_path.write_text(self._config_text())
        self._log = open(self._log_path(), "wb")
        self.process = subprocess.Popen([self.binary, "-c", str(config_path)], stdout=self._log,
                                        stderr=self._log, stdin=subprocess.DEVNULL)
        try:
            self._await_ready()
        except BaseException:
            self.process.kill()
            self.process.wait()
            self._log.close()
            raise

    def _config_text(self):
        lines = [f'listen: "127.0.0.1:{self.port}"', self.config]
        if self.leaf_listen:
            lines = [line.replace("LEAF_PORT", str(self.leaf_port)) for line in lines]
        return "\n".join(lines) + "\n"

    def _await_ready(self):
        deadline = time.monotonic() + START_SECONDS_MAX
        for port in filter(None, (self.port, self.leaf_port)):
            while not self._answers(port):
                self.check_alive()
                if time.monotonic() > deadline:
                    raise ServerFailed(f"{self.name} does not answer: {self._log_tail()}")
                time.sleep(0.01)  # poll: a port tells nobody that it is open

    @staticmethod
    def _answers(port):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
                return connection.recv(5) == b"INFO "
        except OSError:
            return False

    def _proc(self, name):
        return pathlib.Path("/proc", str(self.process.pid), name)

    def _kib(self, file, key):
        return int(re.search(rf"^{key}:\s+(\d+) kB", self._proc(file).read_text(),
                             re.MULTILINE)[1]) << 10

    def _log_path(self):
        return self.folder / f"{self.name}.log"

    def _log_tail(self):
        with contextlib.suppress(OSError):
            return " | ".join(self._log_path().read_text(errors="replace").splitlines()[-5:])
        return "no log"


@contextlib.contextmanager
def servers_for(scenario, binary, folder):
    """Starts what the scenario needs; yields (servers, where to publish, where to subscribe)."""
    if not scenario.leaf:
        with ServerProcess(binary, folder, "server", scenario.config) as server:
            yield [server], server.port, server.port
        return
    compression = f"compression: {scenario.compression}" if scenario.compression else ""
    hub_config = f'leafnodes {{\n  listen: "127.0.0.1:LEAF_PORT"\n  {compression}\n}}'
    with ServerProcess(binary, folder, "hub", hub_config, leaf_listen=True) as hub:
        remote = f'{{ url: "nats-leaf://127.0.0.1:{hub.leaf_port}"\n {compression} }}'
        with ServerProcess(binary, folder, "leaf",
                           f"leafnodes {{\n  remotes: [ {remote} ]\n}}") as leaf:
            yield [hub, leaf], leaf.port, hub.port


def settled_bytes(servers, hasty=False):
    """Resident memory once it stands still, or after a while of not doing so."""
    deadline = time.monotonic() + SETTLE_SECONDS_MAX
    now = sum(server.resident_bytes() for server in servers)
    while not hasty and time.monotonic() < deadline:
        time.sleep(SETTLE_STEP_SECONDS)  # poll: memory tells nobody either
        before, now = now, sum(server.resident_bytes() for server in servers)
        if abs(now - before) <= SETTLED_BYTES:
            break
    return now
