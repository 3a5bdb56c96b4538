# SPDX-License-Identifier: Apache-2.0
#
# How a scenario says that something is wrong, and how long it may wait before it says so.
# Every wait of the suite goes through a Deadline, so that one factor (--slow) stretches them all
# for sanitizer or emulator runs.

import time


class Failure(Exception):
    """The server under test did not do what the scenario states."""


class Skip(Exception):
    """The scenario cannot be run here; the text says why."""


_slow_factor = 1.0


def set_slow_factor(factor):
    global _slow_factor
    _slow_factor = factor


class Deadline:
    """A point in time by which something must have happened."""

    def __init__(self, seconds):
        self.seconds = seconds * _slow_factor
        self._end = time.monotonic() + self.seconds

    def left(self):
        return max(0.0, self._end - time.monotonic())

    def passed(self):
        return self.left() == 0.0


def fail(text):
    raise Failure(text)


def check(condition, text):
    if not condition:
        raise Failure(text)


def equal(got, wanted, what="value"):
    if got != wanted:
        raise Failure(f"{what}: got {shown(got)}, wanted {shown(wanted)}")


def shown(value, limit=600):
    """A value for a failure message: long ones keep their two ends."""
    text = repr(value)
    if len(text) <= limit:
        return text
    return f"{text[:limit // 2]} ...({len(text)} characters)... {text[-limit // 2:]}"
