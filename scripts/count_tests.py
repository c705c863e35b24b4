#!/usr/bin/env python3
"""Counts the tests of a ctest run: `count_tests.py JUNIT FOLDER` prints "PASSED FAILED SKIPPED".

JUNIT is what `ctest --output-junit` wrote. Where ctest ran a whole test program, the tests in it are counted from
FOLDER/PROGRAM.xml, which GoogleTest wrote; a program that failed without naming a test (it broke off, or a sanitizer
spoke at its end) counts as one that failed.
"""

import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def of_ctest(status: str) -> tuple[int, int, int]:
    return int(status == "run"), int(status == "fail"), int(status not in ("run", "fail"))


def of_program(report: pathlib.Path) -> tuple[int, int, int]:
    passed = failed = skipped = 0
    for test in ElementTree.parse(report).iter("testcase"):
        if test.get("result") != "completed":
            skipped += 1
        elif test.find("failure") is not None:
            failed += 1
        else:
            passed += 1
    return passed, failed, skipped


def main(junit: str, folder: str) -> None:
    total = [0, 0, 0]
    for test in ElementTree.parse(junit).iter("testcase"):
        status = test.get("status", "")
        report = pathlib.Path(folder) / f"{test.get('name')}.xml"
        counts = of_program(report) if report.exists() else of_ctest(status)
        if status == "fail" and counts[1] == 0:
            counts = (counts[0], 1, counts[2])
        total = [sum(pair) for pair in zip(total, counts)]
    print(*total)


main(*sys.argv[1:])
