#!/usr/bin/env python3
"""Writes MobileNet, Xception and NASNetMobile with random weights in the formats that the systems read, and
mobilenet_quarter.keras, a compiled MobileNet of a quarter of the channels, for training steps.

usage: make_models.py FOLDER [mobilenet,xception,nasnet,mobilenet_quarter]     needs keras, tensorflow, onnx, tf2onnx
"""
import os
import pathlib
import sys

os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras  # noqa: E402  after the environment
import problems  # noqa: E402
import tensorflow as tf  # noqa: E402
import tf2onnx  # noqa: E402
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2  # noqa: E402

MODELS = {"mobilenet": (keras.applications.MobileNet, 224), "xception": (keras.applications.Xception, 299),
          "nasnet": (keras.applications.NASNetMobile, 224)}


def write_for_training(folder):
    model = keras.applications.MobileNet(weights=None, alpha=0.25, input_shape=(224, 224, 3))
    model.compile(keras.optimizers.SGD(0.01), keras.losses.SparseCategoricalCrossentropy())
    model.save(folder / "mobilenet_quarter.keras")


def calibrate(model, size):
    """Moving statistics from a batch: with those of a new model the numbers shrink from layer to layer to nothing."""
    norms = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 0.0
    model(problems.hashed((4, size, size, 3), 2), training=True)
    for norm, momentum in zip(norms, momenta):
        norm.momentum = momentum


def write(folder, name):
    application, size = MODELS[name]
    keras.utils.set_random_seed(1)
    # Without softmax, which makes the results of all random models look alike.
    model = application(weights=None, input_shape=(size, size, 3), classifier_activation=None)
    calibrate(model, size)
    for ending in (".keras", ".h5"):
        model.save(folder / (name + ending))

    def function(batch):
        return tf.function(lambda x: model(x, training=False), input_signature=[tf.TensorSpec((batch, size, size, 3), tf.float32, name="x")])

    anything = function(None)
    tf2onnx.convert.from_function(anything, input_signature=anything.input_signature, opset=17, output_path=str(folder / (name + ".onnx")))
    for batch in (1, 8):
        fixed = convert_variables_to_constants_v2(function(batch).get_concrete_function())
        (folder / f"{name}_{batch}.tflite").write_bytes(tf.lite.TFLiteConverter.from_concrete_functions([fixed]).convert())
    print(name, "written", flush=True)


if __name__ == "__main__":
    FOLDER = pathlib.Path(sys.argv[1])
    FOLDER.mkdir(parents=True, exist_ok=True)
    for NAME in sys.argv[2].split(",") if len(sys.argv) > 2 else [*MODELS, "mobilenet_quarter"]:
        if NAME == "mobilenet_quarter":
            write_for_training(FOLDER)
        else:
            write(FOLDER, NAME)
