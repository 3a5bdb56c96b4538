# SPDX-License-Identifier: Apache-2.0
"""The figures as lines of text, one table for all scenarios."""

KIB = 1024
MIB = 1 << 20


def rate(value):
    return f"{value / 1000:,.1f}k"


def mib(value):
    return f"{value / MIB:.1f}"


def micros(value):
    return f"{value / 1000:,.0f}"


def whole(value):
    return f"{value:,.0f}"


# figure, heading, width, how it is written; p50 and so on are in microseconds, memory in MiB
COLUMNS = (
    ("rate", "msg/s", 11, rate),
    ("cpu_ns", "CPU ns", 9, whole),
    ("load_ns", "load ns", 9, whole),
    ("quotient", "load/srv", 9, "{:.2f}".format),
    ("idle_bytes", "idle MiB", 9, mib),
    ("peak_bytes", "peak", 7, mib),
    ("after_bytes", "after", 7, mib),
    ("bytes_each", "B each", 8, whole),
    ("p50_ns", "p50 us", 9, micros),
    ("p99_ns", "p99", 9, micros),
    ("p999_ns", "p99.9", 9, micros),
)
NAME_WIDTH = 17
SIDE_WIDTH = 10


def heading():
    names = "".join(f"{title:>{width}}" for _, title, width, _ in COLUMNS)
    return f"{'scenario':<{NAME_WIDTH}}{'':<{SIDE_WIDTH}}{names}  faults"


def with_quotient(figures):
    if figures.get("cpu_ns") and "load_ns" in figures:
        return {**figures, "quotient": figures["load_ns"] / figures["cpu_ns"]}
    return figures


def row(name, side, figures, faults):
    cells = []
    for figure, _, width, written in COLUMNS:
        if figure not in figures:
            text = ""
        elif side == "ratio":
            text = f"{figures[figure]:.2f}" if figure != "load_ns" else ""
        else:
            text = written(figures[figure])
        cells.append(f"{text:>{width}}")
    return f"{name:<{NAME_WIDTH}}{side:<{SIDE_WIDTH}}{''.join(cells)}  {faults}".rstrip()


def rows(name, compared, failures):
    """Lines for one scenario; `failures` maps a side to how many of its rounds failed."""
    lines = []
    for side, figures in compared.items():
        faults = "" if side == "ratio" else f"{failures[side]} failed" if failures[side] else "none"
        shown = figures if side == "ratio" else with_quotient(figures)
        lines.append(row("" if lines else name, side, shown, faults))
    return lines
