# SPDX-License-Identifier: Apache-2.0
#
# Files a reader can hold in mind, and functions that fit on a screen. Functions are found by
# matching braces, which is good enough for code that clang-format has laid out.

import re

FILE_LINES_MAX = 800
FUNCTION_LINES_MAX = 70

# What stands before the brace of something that is not a function.
_CONTAINER = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b(?![^()]*\))")
_SIGNATURE = re.compile(r"\)\s*(const|noexcept|override|final|mutable|&|->|:|requires|$)")


def is_function(head):
    """Whether the text between the last statement and a `{` begins a function's body."""
    head = re.sub(r"^\s*(#[^\n]*\n\s*)+", "", head, flags=re.MULTILINE).strip()
    if not head or head.endswith("=") or _CONTAINER.search(re.split(r"[(]", head)[0]):
        return False
    return bool(_SIGNATURE.search(head))


def functions(code):
    """(first line, last line) of every function, with what is nested in it."""
    line, head, stack = 1, "", []
    for character in code:
        if character == "{":
            inside = any(entry is not None for entry in stack)
            begins = not inside and is_function(head)
            stack.append(line - head.lstrip().count("\n") if begins else None)
            head = ""
        elif character == "}":
            start = stack.pop() if stack else None
            if start is not None:
                yield start, line
            head = ""
        elif character == ";":
            head = ""
        else:
            head += character
        if character == "\n":
            line += 1


def check(tree):
    for file in tree.files:
        if file.is_cpp or file.suffix in (".py", ".mjs"):
            if len(file.lines) > FILE_LINES_MAX:
                yield file.finding(len(file.lines), f"more than {FILE_LINES_MAX} lines in a file")
        if file.is_cpp:
            for first, last in functions(file.code):
                if last - first + 1 > FUNCTION_LINES_MAX:
                    yield file.finding(first, f"a function of {last - first + 1} lines")
