#!/usr/bin/env python3
"""One system's prediction of a whole model that make_models.py wrote into the folder BENCH_MODELS.

usage: model_rivals.py keras | tensorflow | onnxruntime | openvino | litert
"""
import os
import pathlib
import sys

import answering
import problems

answering.limit_threads()
ANSWERS = answering.take_standard_output()
import numpy as np  # noqa: E402  after the limits of threads

THREADS = answering.THREADS
SIZES = {"mobilenet": 224, "xception": 299, "nasnet": 224}


def start_tensorflow():
    import tensorflow as tf
    tf.config.threading.set_intra_op_parallelism_threads(THREADS)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    return tf


def keras_model(path):
    import keras
    return keras.models.load_model(path + ".keras", compile=False)


def keras_predict():
    tf = start_tensorflow()

    def prepare(path, x):
        model = keras_model(path)
        return lambda: model.predict(x, verbose=0, batch_size=len(x))
    return f"Keras on TensorFlow {tf.__version__}", prepare


def tensorflow_function():
    tf = start_tensorflow()

    def prepare(path, x):
        model, image = keras_model(path), tf.constant(x)
        predict = tf.function(lambda t: model(t, training=False))
        return lambda: predict(image).numpy()
    return f"TensorFlow {tf.__version__}", prepare


def onnxruntime():
    import onnxruntime as runtime

    def prepare(path, x):
        options = runtime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = THREADS, 1
        session = runtime.InferenceSession(path + ".onnx", options, providers=["CPUExecutionProvider"])
        feed = {session.get_inputs()[0].name: x}
        return lambda: session.run(None, feed)[0]
    return f"ONNX Runtime {runtime.__version__}", prepare


def openvino():
    import openvino as vino

    def prepare(path, x):
        core = vino.Core()
        model = core.read_model(path + ".onnx")
        model.reshape(list(x.shape))
        settings = {"INFERENCE_NUM_THREADS": THREADS, "PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "f32"}
        request = core.compile_model(model, "CPU", settings).create_infer_request()
        request.set_input_tensor(vino.Tensor(x))

        def run():
            request.infer()
            return request.get_output_tensor().data
        return run
    return f"OpenVINO {vino.__version__.split('-')[0]}", prepare


def litert():
    import importlib.metadata

    from ai_edge_litert.interpreter import Interpreter

    def prepare(path, x):
        interpreter = Interpreter(f"{path}_{len(x)}.tflite", num_threads=THREADS)
        interpreter.allocate_tensors()
        image, output = (side()[0]["index"] for side in (interpreter.get_input_details, interpreter.get_output_details))

        def run():
            interpreter.set_tensor(image, x)
            interpreter.invoke()
            return interpreter.get_tensor(output)
        return run
    return f"LiteRT {importlib.metadata.version('ai-edge-litert')}", prepare


SYSTEMS = {"keras": keras_predict, "tensorflow": tensorflow_function, "onnxruntime": onnxruntime, "openvino": openvino, "litert": litert}

if __name__ == "__main__":
    VERSION, PREPARE = SYSTEMS[sys.argv[1]]()

    def prepare(request):
        size = SIZES[request["model"]]
        path = str(pathlib.Path(os.environ["BENCH_MODELS"]) / request["model"])
        return PREPARE(path, problems.hashed((request["n"], size, size, 3), 1)), lambda y: [np.asarray(y)]
    answering.answer_requests(ANSWERS, VERSION, prepare, problems.check)
