# SPDX-License-Identifier: Apache-2.0
#
# No dead files: every C++ source is named by some meson.build, by its path from there. (That what
# is named exists, meson checks itself.)

import posixpath
import re

_SOURCE_NAME = re.compile(r"'([^'\s]+\.(?:cpp|c))'")


def named_sources(tree):
    for file in tree.files:
        if file.name == "meson.build":
            folder = posixpath.dirname(file.path)
            for name in _SOURCE_NAME.findall(file.text):
                yield posixpath.normpath(posixpath.join(folder, name))


def check(tree):
    named = set(named_sources(tree))
    for file in tree.cpp("lib/", "examples/", "tests/", "bindings/"):
        if file.suffix in (".cpp", ".c") and file.path not in named:
            yield file.finding(1, "no meson.build builds it")
