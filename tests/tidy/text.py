# SPDX-License-Identifier: Apache-2.0
#
# What every source has in common: its licence, its width, plain characters, no sleeps in tests,
# no names that say nothing.

import re

COLUMNS_MAX = 100
SOURCES = {".cpp", ".hpp", ".h", ".c", ".py", ".mjs", ".build", ".sh", ".wrap"}
SPDX = "SPDX-License-Identifier: Apache-2.0"
VAGUE_NAMES = re.compile(r"(^|_)(util|utils|common|misc|helpers?|managers?)(_|$)")
# A poll with a deadline, where nothing tells of the event, says so on its line.
POLL = "# poll: "
SLEEP = re.compile(r"\b(sleep_for|sleep_until|usleep|nanosleep)\b|\b(time|asyncio)\.sleep\b|"
                   r"^\s*sleep\s+[\d$.]|\bsetTimeout\s*\(\s*resolve\b")


def is_source(file):
    return file.suffix in SOURCES or (not file.suffix and file.text.startswith("#!"))


def _line_findings(file):
    for number, line in enumerate(file.lines, 1):
        if len(line) > COLUMNS_MAX:
            yield file.finding(number, f"{len(line)} columns, {COLUMNS_MAX} at most")
        if line != line.rstrip():
            yield file.finding(number, "blanks at the end of the line")
        if "\t" in line:
            yield file.finding(number, "a tab")
        if not line.isascii():
            yield file.finding(number, "a character that is not ASCII")


def _file_findings(file):
    if not any(SPDX in line for line in file.lines[:2]):
        yield file.finding(1, f"does not begin with {SPDX}")
    if not file.text.endswith("\n") or file.text.endswith("\n\n"):
        yield file.finding(len(file.lines), "must end with one line end")
    stem = file.name.rpartition(".")[0] or file.name
    if VAGUE_NAMES.search(stem):
        yield file.finding(1, f"{stem}: a name that says nothing")


def check(tree):
    for file in tree.files:
        if not is_source(file):
            continue
        yield from _file_findings(file)
        yield from _line_findings(file)
        if file.path.startswith(("tests/", "examples/")) and file.path != "tests/tidy/text.py":
            for number, line in enumerate(file.lines, 1):
                if POLL not in line and (match := SLEEP.search(line)):
                    yield file.finding(number, f"{match[0].strip()}: wait for an event instead")
