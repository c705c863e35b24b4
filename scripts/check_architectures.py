#!/usr/bin/env python3
"""Compares Sepal with Keras on every architecture of keras.applications and prints the table of docs/architectures.md.

Run it by hand where Keras 3 is installed; no test needs it. Example:

    check_architectures.py --sepal build/release/apps/sepal/sepal --only MobileNet Xception

Each architecture is built without its ImageNet weights, gets random ones (the statistics of its normalizations too, so
that no layer is an identity), is saved as a `.keras` file, and runs on one random image: in Sepal, in Keras, and in
Keras once more in float64. The differences are the largest over the outputs, which are taken before the softmax,
relative to the largest output. Both float32 runs are compared with the float64 run. Exit status: 0 if Sepal is within
`--tolerance` everywhere, or within twice what float32 costs Keras itself; else 1.
"""
import argparse
import inspect
import json
import pathlib
import subprocess
import sys
import tempfile

import keras
import numpy as np

# Flattens the last image before its dense layers, so the size decides the number of parameters.
FIXED_SIZE = {"VGG16": 224, "VGG19": 224}


def architectures():
    """The functions of keras.applications, name to function."""
    found = {}
    for name, value in vars(keras.applications).items():
        if inspect.isfunction(value) and "include_top" in inspect.signature(value).parameters:
            found[name] = value
    return dict(sorted(found.items()))


def build(function, size, dtype):
    keras.config.set_dtype_policy(dtype)
    # Without the softmax, which would multiply differences by the size of its arguments.
    return function(weights=None, input_shape=(size, size, 3), classifier_activation=None)


def finalize(model):
    """Normalization layers take their statistics from their weights only when told so."""
    for layer in model._flatten_layers(include_self=False):
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()


def randomize(model, generator):
    """Weights that keep the numbers of a deep network in range and yet tell every layer from an identity."""
    for layer in model._flatten_layers(include_self=False):
        for weight in layer._trainable_variables + layer._non_trainable_variables:
            value = weight.numpy()
            if not np.issubdtype(value.dtype, np.floating):
                continue
            low, high = {"gamma": (0.8, 1.2), "moving_variance": (0.7, 1.3), "variance": (0.7, 1.3)}.get(
                weight.name, (-0.1, 0.1))
            if weight.name not in ("kernel", "depthwise_kernel", "pointwise_kernel"):
                weight.assign(generator.uniform(low, high, value.shape).astype(value.dtype))
    finalize(model)


def calibrate(model, images):
    """Statistics of normalizations that are those of the images, as in a trained network."""
    layers = [layer for layer in model._flatten_layers() if isinstance(layer, keras.layers.BatchNormalization)]
    before = [layer.momentum for layer in layers]
    for layer in layers:
        layer.momentum = 0.0
    model(images, training=True)
    for layer, momentum in zip(layers, before):
        layer.momentum = momentum


def difference(got, want):
    return float(np.max(np.abs(got - want)) / np.max(np.abs(want)))


def compare(name, function, arguments, folder):
    keras.utils.clear_session()
    keras.utils.set_random_seed(7)
    size = FIXED_SIZE.get(name, arguments.size)
    model = build(function, size, "float32")
    generator = np.random.default_rng(11)
    randomize(model, generator)
    x = generator.uniform(0, 255, (1, size, size, 3)).astype("float32")
    if not any(layer.__class__.__name__ == "Rescaling" for layer in model.layers):
        x = x / 127.5 - 1
    if arguments.calibrate:
        calibrate(model, np.concatenate([x] + [np.roll(x, 11 * i, axis=1)[:, ::-1] for i in range(1, 4)]))
    row = {"parameters": model.count_params(), "size": size}
    single = np.asarray(model(x, training=False))
    file = folder / f"{name}.keras"
    model.save(file)
    np.save(folder / "x.npy", x)
    double_model = build(function, size, "float64")
    double_model.set_weights(model.get_weights())
    finalize(double_model)
    del model
    double = np.asarray(double_model(x.astype("float64"), training=False))
    del double_model
    row["keras"] = difference(single, double)
    run = subprocess.run(
        [arguments.sepal, "--json", "predict", str(file), str(folder / "x.npy"), "-o", str(folder / "y")],
        capture_output=True, text=True, check=False)
    summary = subprocess.run([arguments.sepal, "summary", str(file)], capture_output=True, text=True, check=False)
    file.unlink()
    if run.returncode != 0:
        row["problem"] = (run.stderr or run.stdout).strip()
    elif f" Total params: {row['parameters']:,} " not in summary.stdout:
        row["problem"] = "the number of parameters differs"
    else:
        row["sepal"] = difference(np.load(folder / "y_0.npy"), double)
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sepal", required=True, help="the program sepal")
    parser.add_argument("--only", nargs="+", help="names of architectures; default: all")
    parser.add_argument("--size", type=int, default=80, help="side of the image, at least 75 (default: %(default)s)")
    parser.add_argument("--calibrate", action="store_true",
                        help="take the statistics of batch normalizations from images: in very deep networks arbitrary "
                             "ones amplify every rounding")
    parser.add_argument("--tolerance", type=float, default=1e-5)
    arguments = parser.parse_args()

    failures = 0
    print("| architecture | parameters | image | Sepal | Keras in float32 |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name, function in architectures().items():
            if arguments.only and name not in arguments.only:
                continue
            row = compare(name, function, arguments, pathlib.Path(folder))
            good = row.get("sepal", 1.0) <= max(arguments.tolerance, 2 * row["keras"])
            failures += not good
            cell = f"{row['sepal']:.1e}" if "sepal" in row else json.dumps(row["problem"])
            print(f"| {name} | {row['parameters']:,} | {row['size']} × {row['size']} | {cell}{'' if good else ' ✗'} | "
                  f"{row['keras']:.1e} |", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
