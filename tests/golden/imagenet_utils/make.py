"""Writes what keras.applications.imagenet_utils computes; run it where Keras 3 is installed."""
import os
import unittest.mock

import numpy as np
from keras.src.applications import imagenet_utils

HERE = os.path.dirname(os.path.abspath(__file__))
random = np.random.default_rng(3)

arrays = {}
pictures = {
    "float32_batch": random.uniform(0, 255, (2, 4, 5, 3)).astype("float32"),
    "uint8_single": random.integers(0, 256, (4, 5, 3)).astype("uint8"),
    "float64_single": random.uniform(0, 255, (4, 5, 3)),
    "float32_batch_first": random.uniform(0, 255, (2, 3, 4, 5)).astype("float32"),
    "int32_single_first": random.integers(0, 256, (3, 4, 5)).astype("int32"),
}
for name, picture in pictures.items():
    arrays[f"{name}/x"] = picture
    order = "channels_first" if name.endswith("first") else "channels_last"
    for mode in ("tf", "caffe", "torch"):
        # It writes into its argument.
        arrays[f"{name}/{mode}"] = imagenet_utils.preprocess_input(picture.copy(), data_format=order, mode=mode)

# Names for 1000 classes, instead of downloading them.
classes = {str(i): [f"n{i:08}", f"class_{i}"] for i in range(1000)}
scores = random.uniform(0, 1, (3, 1000)).astype("float32")
scores /= scores.sum(axis=1, keepdims=True)
with unittest.mock.patch.object(imagenet_utils, "CLASS_INDEX", classes):
    decoded = imagenet_utils.decode_predictions(scores, top=4)
arrays["scores"] = scores
arrays["decoded/index"] = np.array([[int(row[0][1:]) for row in rows] for rows in decoded])
arrays["decoded/score"] = np.array([[row[2] for row in rows] for rows in decoded])
np.savez(os.path.join(HERE, "values.npz"), **{name.replace("/", "__"): array for name, array in arrays.items()})
