#!/usr/bin/env python3
"""Compiles each public header alone: it must include all that it uses.

    check_headers.py ROOT COMPILER FOLDER HEADER...

Most of the time would go into reading the same few headers 200 times over. Those are precompiled in FOLDER, and one of
them stands in front of a header only if that header includes it, directly or not. As every header that is included
is checked as well, and all includes stand before the first declaration, what is in front hides nothing that is missing.
A header is checked again when it, or what it includes, has changed.
"""

import hashlib
import json
import os
import re
import subprocess
import sys

# The first one that a header includes stands in front of it.
PRECOMPILED = ["sepal/layers/layer.h", "sepal/weights/variable.h", "sepal/base/tensor.h"]
FLAGS = ["-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"]


class Headers:
    def __init__(self, root, names):
        self.root = root
        self.names = names
        self.text = {}
        for name in names:
            with open(os.path.join(root, name), encoding="utf-8") as file:
                self.text[name] = file.read()
        self.direct = {name: re.findall(r'^#include "([^"]+)"', text, re.M) for name, text in self.text.items()}

    def faults(self):
        """What would make the precompiled headers hide something."""
        for name in self.names:
            for other in self.direct[name]:
                if other not in self.text:
                    yield f"{name} includes {other}, which is not public"
            code = re.sub(r"//.*|/\*.*?\*/", "", self.text[name])
            if not re.match(r"(\s*#(pragma once|include .*))*\s*(?!(.|\n)*^\s*#\s*include)", code, re.M):
                yield f"{name} has an #include after its first declaration"

    def all_of(self, name):
        """The header and all that it includes."""
        found, left = set(), [name]
        while left:
            here = left.pop()
            if here not in found:
                found.add(here)
                left += self.direct[here]
        return found

    def fingerprint(self, name, compiler):
        parts = [compiler, *FLAGS] + [self.text[other] for other in sorted(self.all_of(name))]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def main():
    root, compiler, folder, *names = sys.argv[1:]
    headers = Headers(root, sorted(os.path.relpath(name, root) for name in names))
    faults = list(headers.faults())
    if faults:
        sys.exit("\n".join(faults))

    os.makedirs(folder, exist_ok=True)
    record_path = os.path.join(folder, "checked.json")
    record = {}
    if os.path.exists(record_path):
        with open(record_path, encoding="utf-8") as file:
            record = json.load(file)

    def compiles(path, *options):
        return subprocess.run([compiler, *FLAGS, "-I", root, *options, path], check=False).returncode == 0

    def including(name):
        """The path of a file that includes the header."""
        path = os.path.join(folder, name.replace("/", "_"))
        with open(path, "w", encoding="utf-8") as file:
            file.write(f'#include "{name}"\n')
        return path

    def precompiled(name):
        """The path to give to -include, made when first asked for."""
        if name not in made:
            made[name] = including(name)
            compiles(made[name], "-o", made[name] + ".gch", "-x", "c++-header")
        return made[name]

    made = {}
    failed = []
    for name in headers.names:
        fingerprint = headers.fingerprint(name, compiler)
        if record.get(name) == fingerprint:
            continue
        in_front = next((p for p in PRECOMPILED if p != name and p in headers.all_of(name)), None)
        options = ["-include", precompiled(in_front)] if in_front else []
        if compiles(including(name), *options, "-fsyntax-only", "-x", "c++"):
            record[name] = fingerprint
        else:
            failed.append(name)
    with open(record_path, "w", encoding="utf-8") as file:
        json.dump(record, file, indent=1)
    if failed:
        sys.exit("Do not compile alone: " + ", ".join(failed))
    print(f"{len(headers.names)} public headers compile alone.")


if __name__ == "__main__":
    main()
