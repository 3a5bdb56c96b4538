#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# The rules find what they are there to find: each broken sample gives exactly the findings that
# stand beside it, and a clean one gives none.

import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True

import builds  # noqa: E402
import docs  # noqa: E402
import headers  # noqa: E402
import layers  # noqa: E402
import sizes  # noqa: E402
import text  # noqa: E402
from tree import Tree  # noqa: E402

SPDX = "// SPDX-License-Identifier: Apache-2.0\n"
LONG_BODY = "  f();\n" * 70
SLEEP = "time" + ".sleep(1)"

# (rule, path, text, [(line, a part of the finding)])
SAMPLES = [
    (layers, "lib/wire/a.cpp", '#include "broker/b.hpp"\n', [(1, "which is below it")]),
    (layers, "lib/broker/a.cpp", '#include "wire/b.hpp"\n#include "broker/c.hpp"\n', []),
    (layers, "lib/odd/a.cpp", "int a;\n", [(1, "table of layers")]),
    (layers, "lib/broker/a.cpp", "#include <thread>\n", [(1, "no I/O")]),
    (layers, "lib/broker/a.cpp", "auto t = Clock::now();\n", [(1, "no I/O")]),
    (layers, "lib/net/a.cpp", "#include <thread>\nauto t = Clock::now();\n", []),
    (layers, "lib/net/a.cpp", 'void f() {\n  std::printf("x");\n}\n', [(2, "host's")]),
    (layers, "lib/wire/a.cpp", "// printf() is slow\nconst char* s = \"exit(1)\";\n", []),
    (layers, "lib/wire/a.cpp", "/* getenv(\n */ int x = 1'000; char c = '\"';\nabort();\n",
     [(3, "host's")]),
    (layers, "lib/base/assert.cpp", "void f() { std::abort(); }\n", []),
    (layers, "lib/broker/a.cpp", "#include <asio/ip/tcp.hpp>\n", [(1, "lib/net/ only")]),
    (layers, "lib/wire/a.hpp", "#include <simdjson.h>\n", [(1, "only")]),
    (layers, "examples/a.cpp", '#include "broker/b.hpp"\n', [(1, "is internal")]),
    (layers, "include/leafnats/a.hpp", "#include <sys/types.h>\n", [(1, "public header")]),
    (sizes, "lib/base/a.cpp", "int x;\n" * 801, [(801, "lines in a file")]),
    (sizes, "lib/base/a.cpp", f"namespace n {{\nint f(int a) {{\n{LONG_BODY}}}\n}}\n",
     [(2, "a function of 72 lines")]),
    (sizes, "lib/base/a.cpp", f"class C {{\n  C() : x_(1) {{\n{LONG_BODY}}}\n}};\n",
     [(2, "a function of 72 lines")]),
    (sizes, "lib/base/a.cpp", f"struct S {{\n{LONG_BODY}}};\nint f() {{\n  return 1;\n}}\n", []),
    (text, "lib/base/a.cpp", "int a;\n", [(1, "SPDX")]),
    (text, "lib/base/a.cpp", SPDX + "int a; \n\tint b;\n" + "x" * 101 + "\n",
     [(2, "blanks"), (3, "a tab"), (4, "101 columns")]),
    (text, "lib/base/string_util.cpp", SPDX, [(1, "says nothing")]),
    (text, "tests/a.py", f"# SPDX-License-Identifier: Apache-2.0\n{SLEEP}\n", [(2, "wait for")]),
    (text, "tests/a.py", f"# SPDX-License-Identifier: Apache-2.0\n{SLEEP}  # poll: why\n", []),
    (builds, "lib/base/a.cpp", "int a;\n", [(1, "no meson.build")]),
    (docs, "README.md", "See `lib/none.cpp` and [this](none.md).\n",
     [(1, "lib/none.cpp does not exist"), (1, "none.md leads nowhere")]),
    (docs, "README.md", "<!-- from present.txt -->\n```cpp\nother\n```\n", [(1, "is not that of")]),
    (docs, "README.md", "<!-- from present.txt -->\n```cpp\nline 2\nline 3\n```\n", []),
    (headers, "include/leafnats/a.hpp", "#pragma once\nstd::string f();\n",
     [(1, "does not compile alone")]),
]


def mistakes(rule, path, content, expected):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "present.txt").write_text("line 1\nline 2\nline 3\n")
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content)
        found = sorted(set(rule.check(Tree(root))))
    matches = len(found) == len(expected) and all(
        finding.line == line and part in finding.what
        for finding, (line, part) in zip(found, sorted(expected)))
    return "" if matches else f"{rule.__name__}: {content!r}: {list(map(str, found))}"


def main():
    wrong = list(filter(None, (mistakes(*sample) for sample in SAMPLES)))
    print(*wrong, sep="\n", end="\n" if wrong else "")
    print(f"{len(SAMPLES) - len(wrong)} passed, {len(wrong)} failed, 0 skipped")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
