#!/usr/bin/env python3
"""Times the training epoch of ./run's model in Sepal and in Keras on TensorFlow, in turns, in one run.

Needs an environment with keras and tensorflow-cpu, and the built program:
  cmake --preset release -DSEPAL_BUILD_BENCH=ON && cmake --build --preset release --target fashion_mnist_epoch
  python bench/rivals/fashion_mnist_epoch.py [--threads 2] [--rounds 1] [--program build/release/bench/fashion_mnist_epoch]

Both train on all 60,000 pictures with batches of 128. TensorFlow's first epoch compiles its graph: each process trains
two epochs and the second one counts.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def train_in_keras(threads):
    """Runs in a process of its own; prints the seconds of the second epoch."""
    for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"):
        os.environ[name] = str(threads)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    import gzip
    import time

    import keras
    import numpy as np
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    keras.utils.set_random_seed(0)
    layers = keras.layers
    folder = pathlib.Path(os.environ.get("SEPAL_DATA") or "/usr/share/datasets/fashion-mnist")

    def read(name, offset):
        return np.frombuffer(gzip.open(folder / name).read(), np.uint8, offset=offset)

    x = read("train-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28, 1).astype("float32")
    y = read("train-labels-idx1-ubyte.gz", 8).astype("int32")

    def normalized(t):
        return layers.BatchNormalization(momentum=0.9)(t)

    def relu(t):
        return layers.Activation("relu")(t)

    def separable(t, filters):
        return layers.SeparableConv2D(filters, 3, padding="same", use_bias=False)(t)

    image = keras.Input((28, 28, 1))
    t = layers.Rescaling(1 / 255)(image)
    t = relu(normalized(layers.Conv2D(16, 3, padding="same", use_bias=False)(t)))
    for filters in (32, 64):
        shortcut = normalized(layers.Conv2D(filters, 1, strides=2, use_bias=False)(t))
        t = relu(normalized(separable(t, filters)))
        t = normalized(separable(t, filters))
        t = layers.MaxPooling2D(3, strides=2, padding="same")(t)
        t = relu(layers.Add()([t, shortcut]))
    t = relu(normalized(separable(t, 128)))
    t = layers.Dropout(0.25)(layers.GlobalAveragePooling2D()(t))
    model = keras.Model(image, layers.Dense(10)(t))
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    seconds = []
    for _ in range(2):
        start = time.perf_counter()
        history = model.fit(x, y, batch_size=128, verbose=0)
        seconds.append(time.perf_counter() - start)
    print(json.dumps({"seconds": seconds, "accuracy": history.history["accuracy"][-1]}))


def last_epoch(command):
    result = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    answer = json.loads(result.stdout.strip().splitlines()[-1])
    return answer["seconds"][-1], answer["accuracy"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--program", default=str(ROOT / "build/release/bench/fashion_mnist_epoch"))
    parser.add_argument("--keras", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.keras:
        return train_in_keras(arguments.threads)
    if not os.access(arguments.program, os.X_OK):
        sys.exit(f"{arguments.program} is missing: build it first (see --help of this script's head).")
    ratios = []
    for round_number in range(arguments.rounds):
        keras, keras_accuracy = last_epoch([sys.executable, __file__, "--keras", "--threads", str(arguments.threads)])
        ours, our_accuracy = last_epoch([arguments.program, str(arguments.threads), "2"])
        ratios.append(keras / ours)
        print(f"round {round_number + 1}: Keras on TensorFlow {keras:.1f} s (accuracy {keras_accuracy:.3f}), "
              f"Sepal {ours:.1f} s (accuracy {our_accuracy:.3f}): Sepal is {ratios[-1]:.2f} times as fast", flush=True)
    print(f"median ratio over {len(ratios)} round(s), {arguments.threads} thread(s): "
          f"{sorted(ratios)[len(ratios) // 2]:.2f}")


if __name__ == "__main__":
    main()
