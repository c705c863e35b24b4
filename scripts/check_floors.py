#!/usr/bin/env python3
"""Checks every #include against the architecture: floors, and one home for each third-party header.

A folder of sepal/ includes only itself and folders on lower floors (docs/architecture.md). Tests beside the sources
(*_test.cpp) may include any of sepal/. Prints each violation as FILE:LINE: TEXT; exit status 1 if there is one.
"""

import argparse
import fnmatch
import pathlib
import re
import sys

FLOORS = {
    "base": 0,
    "data": 1, "kernels": 1, "autodiff": 1,
    "ops": 2,
    "weights": 3, "graph": 3,
    "layers": 4, "train": 4,
    "models": 5,
    "saving": 6,
}  # fmt: skip

# Narrower than the floors: all that these folders may include of other folders.
ONLY = {
    "kernels": ["sepal/base/shape.h", "sepal/base/parallel.h"],
}

# What a folder must not include although the floors allow it, and the exceptions: the loader stays generic.
NEVER = {
    "saving": ("sepal/layers/*", ["sepal/layers/layer.h", "sepal/layers/lora.h", "sepal/layers/registry.h"]),
}

# Third-party header -> the files that may include it.
HOMES = [
    ("dnnl*", ["sepal/kernels/onednn*.cpp", "bench/rivals/onednn*.cpp"]),
    ("oneapi/dnnl/*", ["sepal/kernels/onednn*.cpp"]),
    ("hwy/*", ["sepal/kernels/*-inl.h", "sepal/kernels/*.cpp", "tests/support/*", "bench/*"]),
    ("hdf5.h", ["sepal/saving/h5_*"]),
    ("zip.h", ["sepal/saving/archive.cpp", "tests/support/*"]),
    ("zlib.h", ["sepal/data/*"]),
    ("png.h", ["sepal/data/png_decoder.cpp"]),
    ("turbojpeg.h", ["sepal/data/jpeg_decoder.cpp"]),
    ("omp.h", ["sepal/base/parallel.cpp"]),
    ("nlohmann/json_fwd.hpp", ["*"]),
    ("nlohmann/*", ["*.cpp", "tests/support/*"]),
    ("fmt/*", ["*.cpp"]),
    ("CLI/*", ["apps/*", "examples/*", "bench/*"]),
    ("cairo*", ["examples/fashion_mnist/canvas.cpp"]),
    ("benchmark/*", ["bench/*"]),
    ("gtest/*", ["tests/*", "*_test.cpp"]),
    ("gmock/*", ["tests/*", "*_test.cpp"]),
]  # fmt: skip

# Headers of the C library and of POSIX. (Those of C++ have no dot.)
SYSTEM = re.compile(
    r"(sys/\w+|assert|errno|fcntl|float|limits|locale|math|poll|pthread|pty|sched|setjmp|signal|spawn|stdint|stdio|stdlib"
    r"|string|strings|time|unistd)\.h"
)

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:<([^>]+)>|"([^"]+)")')
SCANNED = ["sepal", "apps", "examples", "bench", "tests"]


def matches(path: str, patterns: list[str]) -> bool:
    return any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns)


def own_folder(path: str) -> str | None:
    """'ops' for 'sepal/ops/x.h'; None for what lies in no folder of sepal/."""
    parts = path.split("/")
    return parts[1] if parts[0] == "sepal" and len(parts) > 2 else None


def check_own(file: str, header: str) -> str | None:
    """What is wrong with `file` including a header of this project; None if nothing is."""
    if not file.startswith("sepal/") or file == "sepal/sepal.h" or file.endswith("_test.cpp"):
        return None
    if not header.startswith("sepal/"):
        return f"{header}: the library includes nothing outside of sepal/"
    folder, wanted = own_folder(file), own_folder(header)
    if wanted is None:
        return f"{header}: the umbrella header is for users"
    if folder not in FLOORS or wanted not in FLOORS:
        return f"{header}: scripts/check_floors.py knows no floor for '{wanted if folder in FLOORS else folder}'"
    if folder == wanted:
        return None
    if folder in ONLY and header not in ONLY[folder]:
        return f"{header}: {folder}/ includes only itself and {', '.join(ONLY[folder])}"
    if FLOORS[wanted] >= FLOORS[folder]:
        return f"{header}: {folder}/ (floor {FLOORS[folder]}) must not include {wanted}/ (floor {FLOORS[wanted]})"
    if folder in NEVER:
        pattern, exceptions = NEVER[folder]
        if matches(header, [pattern]) and header not in exceptions:
            return f"{header}: of {pattern} {folder}/ includes only {', '.join(exceptions)}"
    return None


def check_foreign(file: str, header: str) -> str | None:
    """What is wrong with `file` including a header from elsewhere; None if nothing is."""
    if "." not in header or SYSTEM.fullmatch(header):
        return None
    for pattern, homes in HOMES:
        if fnmatch.fnmatchcase(header, pattern):
            # A test may need any library to make its input.
            if matches(file, homes) or file.endswith("_test.cpp"):
                return None
            return f"{header}: its home is {', '.join(homes)}"
    return f"{header}: give this dependency a home in scripts/check_floors.py first"


def check(root: pathlib.Path) -> tuple[int, list[str]]:
    """The number of files read, and the violations."""
    files = 0
    found = []
    for folder in SCANNED:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in (".h", ".hpp", ".cpp"):
                continue
            files += 1
            file = path.relative_to(root).as_posix()
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                include = INCLUDE.match(line)
                if not include:
                    continue
                header = include[1] or include[2]
                ours = header.split("/")[0] in SCANNED
                problem = check_own(file, header) if ours else check_foreign(file, header)
                if problem:
                    found.append(f"{file}:{number}: {problem}")
    return files, found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("root", nargs="?", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    files, found = check(parser.parse_args().root)
    for problem in found:
        print(problem)
    if files == 0:
        print("No source files found: is this the root of the project?")
        return 1
    print(f"{files} files read, {len(found)} includes against the rules")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
