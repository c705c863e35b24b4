#!/usr/bin/env python3
"""check_floors.py on made-up trees: what it must find, and what it must let pass."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).with_name("check_floors.py")


def run_on(files: dict[str, str]) -> tuple[int, str]:
    """Exit status and output of the check on a tree of these files."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        done = subprocess.run([sys.executable, SCRIPT, root], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout


class CheckFloors(unittest.TestCase):
    def expect_refused(self, file: str, include: str, reason: str) -> None:
        status, output = run_on({file: f"// first line\n#include {include}\n"})
        self.assertEqual(status, 1, output)
        self.assertIn(f"{file}:2: ", output)
        self.assertIn(reason, output)

    def expect_passed(self, file: str, include: str) -> None:
        status, output = run_on({file: f"#include {include}\n"})
        self.assertEqual(status, 0, output)

    def test_lower_floors_pass(self) -> None:
        self.expect_passed("sepal/ops/conv.cpp", '"sepal/kernels/conv.h"')
        self.expect_passed("sepal/models/model.cpp", '"sepal/train/fit.h"')
        self.expect_passed("sepal/layers/core/dense.cpp", '"sepal/weights/variable.h"')
        self.expect_passed("sepal/layers/core/dense.cpp", '"sepal/layers/layer.h"')

    def test_higher_floors_are_refused(self) -> None:
        self.expect_refused("sepal/ops/conv.cpp", '"sepal/layers/layer.h"', "floor 4")
        self.expect_refused("sepal/base/tensor.h", '"sepal/autodiff/gradient_tape.h"', "floor 1")
        self.expect_refused("sepal/layers/core/deep/x.h", '"sepal/models/model.h"', "floor 5")

    def test_folders_of_one_floor_do_not_see_each_other(self) -> None:
        self.expect_refused("sepal/train/adam.cpp", '"sepal/layers/layer.h"', "must not include layers/")
        self.expect_refused("sepal/data/npy.cpp", "<sepal/kernels/copy.h>", "must not include kernels/")

    def test_kernels_see_only_shapes_and_threads(self) -> None:
        self.expect_passed("sepal/kernels/conv.h", '"sepal/base/shape.h"')
        self.expect_passed("sepal/kernels/conv.cpp", '"sepal/base/parallel.h"')
        self.expect_refused("sepal/kernels/conv.cpp", '"sepal/base/tensor.h"', "includes only itself")

    def test_saving_sees_no_concrete_layer(self) -> None:
        self.expect_passed("sepal/saving/load.cpp", '"sepal/layers/layer.h"')
        self.expect_passed("sepal/saving/load.cpp", '"sepal/layers/registry.h"')
        self.expect_refused("sepal/saving/load.cpp", '"sepal/layers/core/dense.h"', "saving/ includes only")

    def test_the_library_includes_neither_tests_nor_the_umbrella(self) -> None:
        self.expect_refused("sepal/ops/conv.cpp", '"tests/support/tensor_checks.h"', "nothing outside of sepal/")
        self.expect_refused("sepal/ops/conv.cpp", '"sepal/sepal.h"', "umbrella")
        self.expect_passed("examples/x/main.cpp", "<sepal/sepal.h>")

    def test_tests_may_include_everything(self) -> None:
        self.expect_passed("sepal/base/tensor_test.cpp", '"sepal/saving/load.h"')
        self.expect_passed("sepal/base/tensor_test.cpp", "<zlib.h>")

    def test_a_folder_without_a_floor_is_refused(self) -> None:
        self.expect_refused("sepal/misc/x.cpp", '"sepal/base/tensor.h"', "no floor for 'misc'")
        self.expect_refused("sepal/ops/x.cpp", '"sepal/misc/x.h"', "no floor for 'misc'")

    def test_third_party_headers_stay_at_home(self) -> None:
        homes = {
            "<dnnl.hpp>": "sepal/kernels/onednn.cpp",
            '"hwy/highway.h"': "sepal/kernels/conv-inl.h",
            "<hdf5.h>": "sepal/saving/h5_store.cpp",
            "<zip.h>": "sepal/saving/archive.cpp",
            "<zlib.h>": "sepal/data/gzip_file.cpp",
            "<omp.h>": "sepal/base/parallel.cpp",
            "<nlohmann/json.hpp>": "sepal/base/config.cpp",
            "<fmt/format.h>": "sepal/ops/conv.cpp",
            "<CLI/CLI.hpp>": "apps/sepal/main.cpp",
            "<cairo/cairo.h>": "examples/fashion_mnist/canvas.cpp",
            "<benchmark/benchmark.h>": "bench/conv.cpp",
            "<gtest/gtest.h>": "tests/support/x.h",
        }
        for header, home in homes.items():
            with self.subTest(header=header):
                self.expect_passed(home, header)
                self.expect_refused("sepal/ops/x.h", header, "its home is")

    def test_an_unknown_dependency_needs_a_home(self) -> None:
        self.expect_refused("sepal/ops/x.cpp", "<boost/any.hpp>", "give this dependency a home")
        self.expect_refused("sepal/kernels/x.cpp", "<immintrin.h>", "give this dependency a home")

    def test_standard_and_system_headers_pass(self) -> None:
        for header in ["<vector>", "<cstdint>", "<sys/stat.h>", "<unistd.h>"]:
            self.expect_passed("sepal/ops/x.cpp", header)

    def test_all_violations_are_shown(self) -> None:
        status, output = run_on({"sepal/ops/x.h": '#include <zip.h>\n  #  include "sepal/saving/load.h"\n'})
        self.assertEqual(status, 1)
        self.assertIn("sepal/ops/x.h:1: zip.h", output)
        self.assertIn("sepal/ops/x.h:2: sepal/saving/load.h", output)

    def test_an_empty_tree_is_an_error(self) -> None:
        self.assertEqual(run_on({})[0], 1)


if __name__ == "__main__":
    unittest.main()
