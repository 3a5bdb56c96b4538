# SPDX-License-Identifier: Apache-2.0
#
# Documents stay true: every path that a README names exists, and the code it shows is the code
# that is built.
#
# A path is a link, or a word in backquotes or of an indented command that begins with a folder of
# this project. Code is checked against the file named in the comment just before it:
#     <!-- from examples/x.cpp -->, then a fenced block that must be a part of that file.

import re

TOP_NAMES = ("lib", "include", "examples", "tests", "subprojects", "bindings", ".ci")
_LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
_QUOTED = re.compile(r"`([^`\s]+)`")
_WORD = re.compile(r"(?:^|\s)(?:\./)?((?:%s)/[\w./*-]+)" % "|".join(map(re.escape, TOP_NAMES)))
_SNIPPET = re.compile(r"<!-- from (\S+) -->\s*\n```\w*\n(.*?)\n```", re.DOTALL)


def _is_path(word, folder):
    if not re.fullmatch(r"[\w.*/-]+", word) or "/" not in word:
        return False
    first = word.split("/")[0]
    looks_like_one = word.endswith("/") or "." in word.rpartition("/")[2]
    return first in TOP_NAMES or (looks_like_one and (folder / first).is_dir())


def _exists(word, *bases):
    return any(next(base.glob(word.rstrip("/")), None) is not None for base in bases)


def _path_findings(file, root):
    folder = (root / file.path).parent
    for number, line in enumerate(file.lines, 1):
        words = [word for word in _QUOTED.findall(line) if _is_path(word, folder)]
        words += _WORD.findall(line)
        for word in dict.fromkeys(words):
            if not _exists(word, root, folder):
                yield file.finding(number, f"{word} does not exist")
        for word in _LINK.findall(line):
            if not _exists(word, folder):
                yield file.finding(number, f"the link {word} leads nowhere")


def _snippet_findings(file, root):
    for match in _SNIPPET.finditer(file.text):
        line = file.text.count("\n", 0, match.start()) + 1
        source = root / match[1]
        if not source.is_file():
            yield file.finding(line, f"{match[1]} does not exist")
        elif match[2] not in source.read_text(encoding="utf-8"):
            yield file.finding(line, f"the code is not that of {match[1]}")


def check(tree):
    for file in tree.files:
        if file.suffix == ".md":
            yield from _path_findings(file, tree.root)
            yield from _snippet_findings(file, tree.root)
