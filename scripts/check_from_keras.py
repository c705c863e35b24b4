#!/usr/bin/env python3
"""Runs the Python programs of docs/from_keras.md with the Keras that is installed and compares what they print.

`--write` puts their output into the document instead. The C++ programs are run by the tests.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "from_keras.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(section, language):
    return [body for found, body in BLOCK.findall(section) if found == language]


def output_of(program):
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "COLUMNS": "100",  # or a table is squeezed into the 80 of a pipe
            "CUDA_VISIBLE_DEVICES": "",
            "KERAS_BACKEND": "tensorflow",
            "TF_CPP_MIN_LOG_LEVEL": "3",
        }
        run = subprocess.run(
            [sys.executable, "-c", program], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
    if run.returncode != 0:
        sys.exit(run.stderr)
    return "".join(line.rstrip() + "\n" for line in run.stdout.splitlines())


def main():
    write = "--write" in sys.argv[1:]
    document = DOCUMENT.read_text(encoding="utf-8")
    introduction, *sections = re.split(r"^(?=## )", document, flags=re.MULTILINE)
    failures = 0
    for number, section in enumerate(sections):
        title = section.splitlines()[0]
        printed = output_of("\n".join(blocks(introduction, "python") + blocks(section, "python")))
        expected = blocks(section, "text")[0]
        if write:
            sections[number] = section.replace(f"```text\n{expected}```", f"```text\n{printed}```")
        elif printed != expected:
            failures += 1
            print(f"{title}\nexpected:\n{expected}printed:\n{printed}")
    if write:
        DOCUMENT.write_text(introduction + "".join(sections), encoding="utf-8")
    else:
        print(f"{len(sections) - failures} of {len(sections)} programs print what the document says")
    return failures > 0


if __name__ == "__main__":
    sys.exit(main())
