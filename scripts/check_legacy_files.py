#!/usr/bin/env python3
"""Checks that the Keras installed here reads the legacy `.h5` files that Sepal writes.

Run it by hand with Keras 3 or with tf.keras 2 (TensorFlow 2.15); no test needs it. Example:

    check_legacy_files.py --sepal build/release/apps/sepal/sepal model.keras other.h5

Each model, a file of any Keras, is written by `sepal resave` as `.h5`, twice, which must give the same bytes. Keras
loads it and predicts for random inputs, which must be what `sepal predict` makes of the original. A compiled model is
then trained by a step on random targets, which must change it. Models that Sepal has to write for Keras 3 alone are
told as such by tf.keras 2. From Keras 3 to tf.keras 2, operations on tensors included: `--for keras2` with the
`.keras` files of Keras 3, run with tf.keras 2. Exit status: 0 if nothing differs, else 1.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

import h5py
import keras
import numpy as np


def as_list(value):
    if isinstance(value, dict):
        return [np.asarray(value[key]) for key in sorted(value)]
    return [np.asarray(v) for v in (value if isinstance(value, (list, tuple)) else [value])]


def difference(got, want):
    """Over all outputs, relative to the largest value of each."""
    if [g.shape for g in got] != [w.shape for w in want]:
        return float("inf")
    return max(float(np.max(np.abs(g.astype("float64") - w)) / max(1e-30, float(np.max(np.abs(w)))))
               for g, w in zip(got, want))


def random_inputs(model, generator):
    inputs = []
    for tensor in model.inputs:
        shape = [3] + [16 if length is None else length for length in tensor.shape[1:]]
        if "int" in str(tensor.dtype):
            inputs.append(generator.integers(0, 2, shape).astype("int32"))
        else:
            inputs.append(generator.uniform(-1, 1, shape).astype("float32"))
    return inputs


def in_the_form_of(model, inputs):
    """By name if the model wants it so."""
    structure = getattr(model, "_inputs_struct", getattr(model, "_nested_inputs", None))
    if isinstance(structure, dict):
        return dict(zip(sorted(structure), inputs))
    return inputs[0] if len(inputs) == 1 else inputs


def train(model, x, outputs, generator):
    """The largest change of the outputs by a step."""
    targets = []
    for output in outputs:
        target = generator.uniform(0, 1, output.shape).astype("float32")
        if "sparse" in f"{model.loss} {type(model.loss)}".lower():
            target = generator.integers(0, output.shape[-1], output.shape[:-1])
        targets.append(target)
    model.train_on_batch(x, targets[0] if len(targets) == 1 else targets)
    return difference(as_list(model.predict(x, verbose=0)), outputs)


def classes_of_applications():
    """What tf.keras 2 does not find by itself, in its own files neither."""
    if not keras.__version__.startswith("2"):
        return None
    from keras.src.applications import convnext  # pylint: disable=import-outside-toplevel
    return {"LayerScale": convnext.LayerScale, "StochasticDepth": convnext.StochasticDepth}


def check(sepal, path, folder, dialect):
    generator = np.random.default_rng(5)
    options = ["--for", dialect] if dialect else []
    for name in ("a.h5", "b.h5"):
        run = subprocess.run([sepal, "resave", path, str(folder / name)] + options, capture_output=True, text=True,
                             check=False)
        if run.returncode != 0:
            return [run.stderr.strip()]
    problems = []
    if (folder / "a.h5").read_bytes() != (folder / "b.h5").read_bytes():
        problems.append("the bytes differ from one time to the next")
    with h5py.File(folder / "a.h5") as file:
        is_common = str(file.attrs["keras_version"]).startswith("2")
    if not is_common and keras.__version__.startswith("2"):
        print(f"{path}: for Keras 3 alone")
        return problems
    try:
        model = keras.models.load_model(folder / "a.h5", custom_objects=classes_of_applications())
    except Exception as error:  # pylint: disable=broad-exception-caught
        return problems + [f"does not load: {type(error).__name__}: {str(error)[-300:]}"]
    inputs = random_inputs(model, generator)
    for i, value in enumerate(inputs):
        np.save(folder / f"x{i}.npy", value)
    run = subprocess.run([sepal, "predict", path] + [str(folder / f"x{i}.npy") for i in range(len(inputs))] +
                         ["-o", str(folder / "y")], capture_output=True, text=True, check=False)
    if run.returncode != 0:
        return problems + [run.stderr.strip()]
    want = [np.load(folder / f"y_{i}.npy") for i in range(len(model.outputs))]
    x = in_the_form_of(model, inputs)
    try:
        got = as_list(model.predict(x, verbose=0))
    except Exception as error:  # pylint: disable=broad-exception-caught
        return problems + [f"does not predict: {type(error).__name__}: {str(error)[-300:]}"]
    policies = {str(getattr(layer, "compute_dtype", "")) for layer in model.layers}
    tolerance = 1e-5 if policies <= {"", "None", "float32", "float64", "int32", "int64"} else 2e-2
    distance = difference(got, want)
    print(f"{path}: {distance:.1e}{'' if is_common else ', for Keras 3 alone'}", end="")
    if not distance <= tolerance:
        problems.append(f"predictions differ by {distance:.1e}")
    if getattr(model, "optimizer", None) is not None:
        try:
            change = train(model, x, got, generator)
            print(f", trains: changed by {change:.1e}", end="")
            if not 0 < change < float("inf"):
                problems.append("a step of training changes nothing, or breaks it")
        except Exception as error:  # pylint: disable=broad-exception-caught
            problems.append(f"does not train: {type(error).__name__}: {str(error)[-300:]}")
    print(flush=True)
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sepal", required=True, help="the program sepal")
    parser.add_argument("--for", dest="reader", choices=["both", "keras2"], help="handed to `sepal resave`")
    parser.add_argument("models", nargs="+")
    arguments = parser.parse_args()
    print(f"Keras {keras.__version__}")
    failures = 0
    for path in arguments.models:
        with tempfile.TemporaryDirectory() as folder:
            problems = check(arguments.sepal, path, pathlib.Path(folder), arguments.reader)
        failures += bool(problems)
        for problem in problems:
            print(f"{path}: {problem}", flush=True)
    print(f"{failures} of {len(arguments.models)} fail")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
