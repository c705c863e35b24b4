#!/usr/bin/env python3
"""Writes the model, inputs and outputs here; run with TensorFlow 2.15."""
import pathlib

import numpy as np
import tensorflow as tf
from tensorflow import keras

folder = pathlib.Path(__file__).parent
keras.utils.set_random_seed(4)
x = keras.Input((4, 6), name="x")
z = keras.Input((4, 6), name="z")
s = tf.math.subtract(2.0, tf.add(x, z)) * x
s = tf.maximum(-(s / tf.add(tf.abs(z), 1.0)), -3.0)
r = tf.nn.relu(keras.layers.Dense(6, name="dense")(s))
r = tf.add(tf.sigmoid(r), tf.nn.relu6(s))
p = tf.nn.softmax(x @ tf.transpose(r, [0, 2, 1]), axis=-1)
c = tf.concat([s, r], axis=1)
c = tf.reshape(tf.stack([c, c], axis=2), [-1, 8, 12])
c = tf.expand_dims(tf.squeeze(c[:, 1:, None, ::2], 2), 1)
c = tf.clip_by_value(tf.pad(c, [[0, 0], [0, 0], [1, 0], [0, 0]]), -1.0, 1.0)
c = tf.reduce_mean(c, axis=[1], keepdims=False)[..., -1]
w = tf.pow(tf.square(tf.where(x > z, x, z)), 2.0)
w = w * tf.cast(tf.argmax(r, axis=-1, output_type="int32"), "float32")[:, :, None]
a, b = tf.split(tf.gather(w, [2, 0], axis=1), [2, -1], axis=2)
t = tf.add(tf.tile(a, [1, 1, 2]), b)
model = keras.Model([x, z], [p, c, t], name="tf_functions")
model.save(folder / "model.h5")
generator = np.random.default_rng(2)
inputs = [generator.uniform(-1, 1, (3, 4, 6)).astype("float32") for _ in range(2)]
for kind, arrays in (("input", inputs), ("output", model.predict(inputs, verbose=0))):
    for i, array in enumerate(arrays):
        np.save(folder / f"{kind}_{i}.npy", array)
