#!/usr/bin/env python3
"""Compares a model that Sepal saved with what Keras makes of the file.

Run it by hand where Keras 3 is installed; no test needs it. Example:

    check_with_keras.py model.keras --inputs x.npy --outputs y.npy --targets t.npy --after after.npy

The model must load, predict `--outputs` for `--inputs` and, if `--targets` is given, train for one more batch;
`--after` are the predictions that Sepal makes after the same step, which agree only if the optimizer's state
came through. Several inputs, outputs or targets are given in the model's order. Exit status: 0 or 1.
"""
import argparse
import sys

import keras
import numpy as np


def largest_difference(got, want):
    """Over all outputs, relative to the largest value."""
    if [g.shape for g in got] != [w.shape for w in want]:
        sys.exit(f"shapes differ: {[g.shape for g in got]}, expected {[w.shape for w in want]}")
    return max(float(np.max(np.abs(g - w)) / max(1.0, float(np.max(np.abs(w))))) for g, w in zip(got, want))


def as_list(value):
    if isinstance(value, dict):
        return [np.asarray(value[key]) for key in sorted(value)]
    return [np.asarray(v) for v in (value if isinstance(value, (list, tuple)) else [value])]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--inputs", nargs="+", required=True)
    parser.add_argument("--outputs", nargs="+", required=True)
    parser.add_argument("--targets", nargs="+")
    parser.add_argument("--after", nargs="+")
    parser.add_argument("--tolerance", type=float, default=1e-5)
    arguments = parser.parse_args()

    model = keras.saving.load_model(arguments.model)
    x = [np.load(path) for path in arguments.inputs]
    if len(x) == 1:
        x = x[0]
    failures = 0

    def check(what, paths):
        nonlocal failures
        difference = largest_difference(as_list(model.predict(x, verbose=0)), [np.load(path) for path in paths])
        good = difference <= arguments.tolerance
        failures += not good
        print(f"{what}: largest difference {difference:.3g}{'' if good else ' (too large)'}")

    check("predictions", arguments.outputs)
    if arguments.targets:
        y = [np.load(path) for path in arguments.targets]
        before = int(model.optimizer.iterations.numpy())
        logs = model.train_on_batch(x, y if len(y) > 1 else y[0], return_dict=True)
        print(f"trained from iteration {before} to {int(model.optimizer.iterations.numpy())}: {logs}")
        if arguments.after:
            check("predictions after the step", arguments.after)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
