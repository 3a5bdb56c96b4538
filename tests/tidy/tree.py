# SPDX-License-Identifier: Apache-2.0
#
# The project's files as the rules see them: found once, with comments and literals of C++ blanked
# where a rule is about code. A finding is always "file:line: what".

import dataclasses
import functools
import os
import pathlib
import re

TOP_FOLDERS = (".ci", "lib", "include", "examples", "tests", "subprojects", "bindings")
SKIPPED_FOLDERS = {"__pycache__", "node_modules", "packagecache", "seeds"}
CPP = {".cpp", ".hpp", ".h", ".c"}

_TOKEN = re.compile(
    r"""//[^\n]* | /\*.*?\*/                                   # comments
      | R"(?P<tag>[^()\s\\]{0,16})\(.*?\)(?P=tag)"             # raw strings
      | "(?:[^"\\\n]|\\.)*" | (?<![0-9a-fA-F])'(?:[^'\\\n]|\\.)+'  # literals, not digit separators
    """, re.DOTALL | re.VERBOSE)
_INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


@dataclasses.dataclass(frozen=True, order=True)
class Finding:
    path: str
    line: int
    what: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.what}"


def _blank(match):
    """As many lines as before, and the quotes, so that code keeps its shape."""
    text = match[0]
    if text[0] == "/":
        return re.sub(r"[^\n]", " ", text)
    return text[0] + re.sub(r"[^\n]", "~", text[1:-1]) + text[-1]


class File:
    """One text file; `path` is relative to the root and has forward slashes."""

    def __init__(self, root, path):
        self.path = path
        self.text = (root / path).read_text(encoding="utf-8", errors="surrogateescape")
        self.lines = self.text.splitlines()

    @property
    def suffix(self):
        return pathlib.PurePosixPath(self.path).suffix

    @property
    def name(self):
        return pathlib.PurePosixPath(self.path).name

    @property
    def is_cpp(self):
        return self.suffix in CPP

    @functools.cached_property
    def code(self):
        """C++ without comments and literals, line by line as in `lines`."""
        return _TOKEN.sub(_blank, self.text)

    def includes(self):
        """(line number, is a <system> include, path) of every include."""
        for number, line in enumerate(self.lines, 1):
            if match := _INCLUDE.match(line):
                yield number, match[1] == "<", match[2]

    def finding(self, line, what):
        return Finding(self.path, line, what)


class Tree:
    def __init__(self, root):
        self.root = pathlib.Path(root)

    @functools.cached_property
    def files(self):
        paths = [path.name for path in sorted(self.root.iterdir()) if path.is_file()]
        for folder in TOP_FOLDERS:
            for at, folders, names in os.walk(self.root / folder):
                folders[:] = sorted(set(folders) - SKIPPED_FOLDERS)
                relative = pathlib.Path(at).relative_to(self.root).as_posix()
                paths += [f"{relative}/{name}" for name in sorted(names)]
        return [File(self.root, path) for path in paths if not _is_foreign(self.root, path)]

    def under(self, *folders):
        return [file for file in self.files if file.path.startswith(folders)]

    def cpp(self, *folders):
        return [file for file in self.under(*folders) if file.is_cpp]


def _is_foreign(root, path):
    """What the wraps unpacked below subprojects/ is not ours; the wraps and packagefiles are."""
    parts = path.split("/")
    return len(parts) > 2 and parts[0] == "subprojects" and parts[1] != "packagefiles"
