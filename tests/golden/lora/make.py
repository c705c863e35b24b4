#!/usr/bin/env python3
"""Makes a model with adapted layers, run with Keras 3: its weights, the losses of a training, and what follows.

    make.py FOLDER
"""
import json
import os
import sys

import keras
import numpy as np


def build():
    inputs = keras.Input((3,), dtype="int32")
    x = keras.layers.Embedding(5, 4, name="e")(inputs)
    x = keras.layers.Conv1D(3, 2, activation="tanh", kernel_regularizer=keras.regularizers.L2(0.01), name="c")(x)
    return keras.Model(inputs, keras.layers.Dense(2, name="d")(keras.layers.Flatten()(x)))


def plain(values):
    return [np.asarray(v).ravel().tolist() for v in values]


def main():
    folder = sys.argv[1]
    generator = np.random.default_rng(5)
    model = build()
    weights = [generator.uniform(-1, 1, w.shape).astype("float32") for w in model.weights]
    model.set_weights(weights)
    x = generator.integers(0, 5, (6, 3)).astype("int32")
    y = generator.uniform(-1, 1, (6, 2)).astype("float32")
    layers = [model.get_layer(name) for name in "ecd"]
    for layer, arguments in zip(layers, ({}, {"lora_alpha": 3}, {"lora_alpha": 0.5})):
        layer.enable_lora(2, b_initializer=keras.initializers.Constant(0.25), a_initializer="ones", **arguments)
    model.compile(keras.optimizers.SGD(0.05, momentum=0.5), "mse")
    losses = [float(model.train_on_batch(x, y)) for _ in range(3)]
    model.save(os.path.join(folder, "model.keras"))
    content = {"keras": keras.__version__, "x": x.ravel().tolist(), "y": plain([y])[0], "weights": plain(weights), "losses": losses,
               "names": [v.path for v in model.weights], "trainable": [v.path for v in model.trainable_weights],
               "trained": plain(model.weights), "predictions": plain([model.predict(x, verbose=0)])[0],
               "configs": [{k: v for k, v in layer.get_config().items() if k.startswith("lora")} for layer in layers]}
    again = keras.saving.load_model(os.path.join(folder, "model.keras"))
    content["loaded"] = plain(again.weights)
    content["losses_after_loading"] = [float(again.train_on_batch(x, y)) for _ in range(3)]
    with open(os.path.join(folder, "expected.json"), "w", encoding="ascii") as file:
        json.dump(content, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
