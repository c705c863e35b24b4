#!/usr/bin/env python3
"""Makes files of models in the middle of their training, run with TensorFlow 2.15, and the losses that follow in Keras.

    make.py FOLDER
"""
import json
import os
import sys

import numpy as np
import tensorflow as tf

keras = tf.keras

FILES = {
    "sgd.h5": lambda: keras.optimizers.SGD(0.05),
    "sgd.keras": lambda: keras.optimizers.SGD(0.05),
    "adafactor.h5": lambda: keras.optimizers.Adafactor(0.05),
    "adafactor.keras": lambda: keras.optimizers.Adafactor(0.05),
    "nadam.h5": lambda: keras.optimizers.Nadam(0.01),
    "nadam.keras": lambda: keras.optimizers.Nadam(0.01),
    "legacy_nadam.h5": lambda: keras.optimizers.legacy.Nadam(0.01),
    "legacy_adadelta.h5": lambda: keras.optimizers.legacy.Adadelta(0.5),
    "mixed_momentum.h5": lambda: keras.optimizers.SGD(0.05, momentum=0.9),
    "mixed_momentum.keras": lambda: keras.optimizers.SGD(0.05, momentum=0.9),
    "mixed_legacy_adam.h5": lambda: keras.optimizers.legacy.Adam(0.05),
}


def main():
    folder = sys.argv[1]
    generator = np.random.default_rng(5)
    x = generator.uniform(-1, 1, (8, 3)).astype("float32")
    y = generator.uniform(-1, 1, (8, 2)).astype("float32")
    losses = {}
    for name, make in FILES.items():
        keras.backend.clear_session()
        keras.utils.set_random_seed(3)
        keras.mixed_precision.set_global_policy("mixed_float16" if name.startswith("mixed") else "float32")
        layers = [keras.layers.InputLayer((3,)), keras.layers.Dense(4, "relu", name="a")]
        layers.append(keras.layers.Dense(2, name="b", dtype="float32"))
        model = keras.Sequential(layers)
        model.compile(make(), "mse")
        for _ in range(3):
            model.train_on_batch(x, y)
        model.save(os.path.join(folder, name))
        losses[name] = [float(model.train_on_batch(x, y)) for _ in range(4)]
    content = {"x": x.ravel().tolist(), "y": y.ravel().tolist(), "losses": losses}
    with open(os.path.join(folder, "expected.json"), "w", encoding="ascii") as file:
        json.dump(content, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
