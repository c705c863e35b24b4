#!/usr/bin/env python3
"""Checks docs/contract.md: a row for each member and each trap, and every test that it names is in the sources.

A test is named as `Suite.Name`, as TEST(Suite, Name), TEST_F and TEST_P in sepal/ and tests/ say. Prints each problem as
FILE:LINE: TEXT; exit status 1 if there is one.
"""

import argparse
import pathlib
import re
import sys

DOC = "docs/contract.md"
ROWS = [f"S{i}" for i in range(1, 80)] + [str(i) for i in range(1, 31)]

DEFINED = re.compile(r"^TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\s*\)", re.MULTILINE)
ROW = re.compile(r"^\| (S?\d+) \|.*\| ([^|]*) \|$")
NAMED = re.compile(r"`(\w+\.\w+)`")


def defined_tests(root: pathlib.Path) -> set[str]:
    tests = set()
    for folder in ("sepal", "tests"):
        for path in sorted((root / folder).rglob("*_test.cpp")):
            tests.update(f"{suite}.{name}" for suite, name in DEFINED.findall(path.read_text(encoding="utf-8")))
    return tests


def check(text: str, defined: set[str]) -> list[str]:
    """What is wrong with the tables in `text`."""
    found = []
    seen = set()
    for number, line in enumerate(text.splitlines(), 1):
        row = ROW.match(line)
        if not row:
            continue
        place = f"{DOC}:{number}"
        if row[1] in seen:
            found.append(f"{place}: {row[1]} has a row already")
        seen.add(row[1])
        tests = NAMED.findall(row[2])
        if not tests:
            found.append(f"{place}: {row[1]} names no test")
        found += [f"{place}: no test is named {test}" for test in tests if test not in defined]
    found += [f"{DOC}:1: {row} has no row" for row in ROWS if row not in seen]
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("root", nargs="?", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    root = parser.parse_args().root
    defined = defined_tests(root)
    if not defined:
        print("No tests found: is this the root of the project?")
        return 1
    found = check((root / DOC).read_text(encoding="utf-8"), defined)
    for problem in found:
        print(problem)
    print(f"{len(ROWS)} rows, {len(defined)} tests, {len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
