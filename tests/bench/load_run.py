# SPDX-License-Identifier: Apache-2.0
"""One run of the load generator, stopped at checkpoints while the driver reads the clocks."""

import contextlib
import json
import os
import select
import subprocess
import time


class LoadFailed(Exception):
    """The load generator ended early, stayed silent, or reported an error."""


class LoadRun:
    """Use as a context manager: whatever happens, the generator is gone afterwards."""

    def __init__(self, binary, arguments, publish_port, subscribe_port, answer_seconds_max):
        self.command = [str(binary), *arguments, "--publish-to", f"127.0.0.1:{publish_port}",
                        "--subscribe-at", f"127.0.0.1:{subscribe_port}"]
        self.answer_seconds_max = answer_seconds_max
        self.unread = b""

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        return self

    def __exit__(self, *_):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()  # at a checkpoint this alone ends it
        try:
            self.process.wait(2)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def wait_at(self, point):
        line = self._line()
        if line == point:
            return
        error = self._parsed(line).get("error") or f"faults before {point!r}: {line}"
        raise LoadFailed(error)

    def go_on(self):
        self.process.stdin.write(b"go\n")
        self.process.stdin.flush()

    def result(self):
        return self._parsed(self._line())

    def finish(self):
        """From the last checkpoint to a clean end."""
        self.go_on()
        try:
            code = self.process.wait(self.answer_seconds_max)
        except subprocess.TimeoutExpired:
            raise LoadFailed("the load generator does not end") from None
        if code != 0:
            raise LoadFailed(f"the load generator ended with {code}")

    def _parsed(self, line):
        try:
            return json.loads(line)
        except json.JSONDecodeError:
            raise LoadFailed(f"unexpected line from the load generator: {line!r}") from None

    def _line(self):
        deadline = time.monotonic() + self.answer_seconds_max
        descriptor = self.process.stdout.fileno()
        while b"\n" not in self.unread:
            seconds_left = max(0, deadline - time.monotonic())
            if not select.select([descriptor], [], [], seconds_left)[0]:
                raise LoadFailed("the load generator does not answer")
            read = os.read(descriptor, 1 << 16)
            if not read:
                raise LoadFailed("the load generator ended by itself")
            self.unread += read
        line, self.unread = self.unread.split(b"\n", 1)
        return line.decode(errors="replace")
