#!/usr/bin/env python3
"""One system's separable convolution, called as its documentation tells users to, with the weights and inputs ready.

usage: layer_rivals.py tensorflow | torch | onnxruntime | openvino | openvino_planes | litert
"""
import sys

import answering
import problems

answering.limit_threads()
ANSWERS = answering.take_standard_output()
import numpy as np  # noqa: E402  after the limits of threads

THREADS = answering.THREADS


def is_first(problem):
    return problem["data_format"] == "channels_first"


def to_planes(problem, image):
    return image if is_first(problem) else np.ascontiguousarray(image.transpose(0, 3, 1, 2))


def from_planes(problem, image):
    return image if is_first(problem) else image.transpose(0, 2, 3, 1)


class TensorFlow:
    """The Keras layer in a tf.function."""

    def __init__(self):
        import keras
        import tensorflow
        self.tf, self.keras = tensorflow, keras
        self.tf.config.threading.set_intra_op_parallelism_threads(THREADS)
        self.tf.config.threading.set_inter_op_parallelism_threads(1)
        self.version = f"TensorFlow {self.tf.__version__}, Keras {keras.__version__}"

    def prepare(self, problem):
        tf, arrays = self.tf, problems.operands(problem)
        arguments = {"filters": problem["cout"], "kernel_size": (problem["kh"], problem["kw"]), "strides": problem["stride"],
                     "padding": problem["padding"], "dilation_rate": problem["dilation"], "data_format": problem["data_format"]}
        x = tf.constant(arrays["x"])
        if problem["kind"] == "conv":
            layer = self.keras.layers.Conv2D(**arguments)
            weights = [arrays["conv"], arrays["bias"]]
        else:
            layer = self.keras.layers.SeparableConv2D(depth_multiplier=problem["dm"], **arguments)
            weights = [arrays["depthwise"], arrays["pointwise"], arrays["bias"]]
        layer.build(x.shape)
        layer.set_weights(weights)
        if problem["kind"] != "train":
            forward = tf.function(lambda image: layer(image))
            return lambda: forward(x), lambda y: [y.numpy()]
        dy = tf.constant(arrays["dy"])
        variables = [weight.value for weight in layer.trainable_variables]

        @tf.function
        def step(image, output_gradient):
            with tf.GradientTape() as tape:
                tape.watch(image)
                y = layer(image)
            return [y] + tape.gradient(y, [image] + variables, output_gradients=output_gradient)
        return lambda: step(x, dy), lambda all_results: [result.numpy() for result in all_results]

    def drop(self):
        self.keras.backend.clear_session()


class Torch:
    """Two conv2d of torch.nn.functional; NHWC images as PyTorch keeps them, memory format channels_last."""

    def __init__(self):
        import torch
        self.torch = torch
        torch.set_num_threads(THREADS)
        self.version = f"PyTorch {torch.__version__}"

    def prepare(self, problem):
        torch, arrays = self.torch, problems.operands(problem)
        functional = torch.nn.functional
        layout = torch.contiguous_format if is_first(problem) else torch.channels_last
        train = problem["kind"] == "train"

        def tensor(array, memory_format=layout):
            # The copy keeps the gradient's leaf apart from numpy's memory.
            made = torch.from_numpy(np.ascontiguousarray(array)).clone(memory_format=memory_format)
            return made.requires_grad_(train)

        x = tensor(to_planes(problem, arrays["x"]))
        bias = tensor(arrays["bias"], torch.contiguous_format)
        (top, bottom), (left, right) = problems.pads(problem)
        even = top == bottom and left == right
        window = {"stride": problem["stride"], "dilation": problem["dilation"], "padding": (top, left) if even else 0}

        def padded(image):
            return image if even else functional.pad(image, (left, right, top, bottom))

        if problem["kind"] == "conv":
            kernel = tensor(arrays["conv"].transpose(3, 2, 0, 1))

            def forward():
                return functional.conv2d(padded(x), kernel, bias, **window)
        else:
            wide = problem["cin"] * problem["dm"]
            depthwise = tensor(arrays["depthwise"].transpose(2, 3, 0, 1).reshape(wide, 1, problem["kh"], problem["kw"]))
            pointwise = tensor(arrays["pointwise"].transpose(3, 2, 0, 1))

            def forward():
                middle = functional.conv2d(padded(x), depthwise, groups=problem["cin"], **window)
                return functional.conv2d(middle, pointwise, bias)

        if not train:
            def run():
                with torch.inference_mode():
                    return forward()
            return run, lambda y: [from_planes(problem, y.numpy())]
        dy = tensor(to_planes(problem, arrays["dy"])).detach()

        def step():
            y = forward()
            return [y] + list(torch.autograd.grad(y, [x, depthwise, pointwise, bias], dy))

        def results(values):
            y, dx, ddepthwise, dpointwise, dbias = (value.detach().numpy() for value in values)
            by_channel = ddepthwise.reshape(problem["cin"], problem["dm"], problem["kh"], problem["kw"])
            return [from_planes(problem, y), from_planes(problem, dx), by_channel.transpose(2, 3, 0, 1),
                    dpointwise.transpose(2, 3, 1, 0), dbias]
        return step, results

    def drop(self):
        pass


def onnx_model(problem):
    """Serialized: one Conv, or a grouped Conv and a 1x1 Conv, on NCHW images."""
    from onnx import TensorProto, helper, numpy_helper
    arrays = problems.operands(problem)
    height, width = problems.output_size(problem)
    (top, bottom), (left, right) = problems.pads(problem)
    window = {"strides": [problem["stride"]] * 2, "dilations": [problem["dilation"]] * 2, "pads": [top, left, bottom, right]}

    def constant(array, name):
        return numpy_helper.from_array(np.ascontiguousarray(array), name)

    bias = constant(arrays["bias"], "bias")
    if problem["kind"] == "conv":
        nodes = [helper.make_node("Conv", ["x", "kernel", "bias"], ["y"], **window)]
        constants = [constant(arrays["conv"].transpose(3, 2, 0, 1), "kernel"), bias]
    else:
        wide = problem["cin"] * problem["dm"]
        depthwise = arrays["depthwise"].transpose(2, 3, 0, 1).reshape(wide, 1, problem["kh"], problem["kw"])
        nodes = [helper.make_node("Conv", ["x", "depthwise"], ["middle"], group=problem["cin"], **window),
                 helper.make_node("Conv", ["middle", "pointwise", "bias"], ["y"])]
        constants = [constant(depthwise, "depthwise"), constant(arrays["pointwise"].transpose(3, 2, 0, 1), "pointwise"), bias]

    def image(name, shape):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    graph = helper.make_graph(nodes, "layer", [image("x", [problem["n"], problem["cin"], problem["h"], problem["w"]])],
                              [image("y", [problem["n"], problem["cout"], height, width])], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9).SerializeToString()


def expect_inference(problem):
    if problem["kind"] == "train":
        raise NotImplementedError("inference only")


class OnnxRuntime:
    """NCHW in and out, bound once."""

    def __init__(self):
        import onnxruntime
        self.runtime = onnxruntime
        self.version = f"ONNX Runtime {onnxruntime.__version__}"

    def prepare(self, problem):
        expect_inference(problem)
        options = self.runtime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads, options.log_severity_level = THREADS, 1, 3
        session = self.runtime.InferenceSession(onnx_model(problem), options, providers=["CPUExecutionProvider"])
        binding = session.io_binding()
        x = self.runtime.OrtValue.ortvalue_from_numpy(to_planes(problem, problems.operands(problem)["x"]))
        shape = (problem["n"], problem["cout"]) + problems.output_size(problem)
        y = self.runtime.OrtValue.ortvalue_from_numpy(np.zeros(shape, np.float32))
        binding.bind_ortvalue_input("x", x)
        binding.bind_ortvalue_output("y", y)
        return lambda: session.run_with_iobinding(binding), lambda _: [from_planes(problem, y.numpy())]

    def drop(self):
        pass


class OpenVino:
    """The same model; `planes`: NCHW in and out, else in the problem's own layout."""

    def __init__(self, planes):
        import openvino
        self.openvino, self.planes = openvino, planes
        self.version = f"OpenVINO {openvino.__version__.split('-')[0]}"

    def prepare(self, problem):
        expect_inference(problem)
        openvino = self.openvino
        core = openvino.Core()
        model = core.read_model(onnx_model(problem))
        x = problems.operands(problem)["x"]
        as_planes = self.planes or is_first(problem)
        if as_planes:
            x = to_planes(problem, x)
        else:
            conversion = openvino.preprocess.PrePostProcessor(model)
            for side in (conversion.input(), conversion.output()):
                side.tensor().set_layout(openvino.Layout("NHWC"))
                side.model().set_layout(openvino.Layout("NCHW"))
            model = conversion.build()
        settings = {"INFERENCE_NUM_THREADS": THREADS, "PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": 1,
                    "INFERENCE_PRECISION_HINT": "f32"}
        request = core.compile_model(model, "CPU", settings).create_infer_request()
        request.set_input_tensor(openvino.Tensor(x))

        def results(_):
            y = request.get_output_tensor().data
            return [from_planes(problem, y) if as_planes else y]
        return request.infer, results

    def drop(self):
        pass


class LiteRT:
    """A model that TensorFlow converts, run by XNNPACK."""

    def __init__(self):
        import importlib.metadata

        import tensorflow
        from ai_edge_litert.interpreter import Interpreter
        self.tf, self.interpreter = tensorflow, Interpreter
        self.version = f"LiteRT {importlib.metadata.version('ai-edge-litert')}"

    def prepare(self, problem):
        expect_inference(problem)
        if is_first(problem):
            raise NotImplementedError("channels_last only")
        tf, arrays = self.tf, problems.operands(problem)
        strides, padding, dilation = [1, problem["stride"], problem["stride"], 1], problem["padding"].upper(), problem["dilation"]

        def forward(x):
            if problem["kind"] == "conv":
                return tf.nn.bias_add(tf.nn.conv2d(x, arrays["conv"], strides, padding, dilations=dilation), arrays["bias"])
            middle = tf.nn.depthwise_conv2d(x, arrays["depthwise"], strides, padding, dilations=[dilation, dilation])
            return tf.nn.bias_add(tf.nn.conv2d(middle, arrays["pointwise"], 1, "VALID"), arrays["bias"])

        module = tf.Module()
        module.forward = tf.function(forward, input_signature=[tf.TensorSpec(arrays["x"].shape, tf.float32)])
        converter = tf.lite.TFLiteConverter.from_concrete_functions([module.forward.get_concrete_function()], module)
        interpreter = self.interpreter(model_content=converter.convert(), num_threads=THREADS)
        interpreter.allocate_tensors()
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], arrays["x"])
        output = interpreter.get_output_details()[0]["index"]
        return interpreter.invoke, lambda _: [interpreter.get_tensor(output)]

    def drop(self):
        pass


SYSTEMS = {"tensorflow": TensorFlow, "torch": Torch, "onnxruntime": OnnxRuntime, "openvino": lambda: OpenVino(False),
           "openvino_planes": lambda: OpenVino(True), "litert": LiteRT}

if __name__ == "__main__":
    SYSTEM = SYSTEMS[sys.argv[1]]()
    answering.answer_requests(ANSWERS, SYSTEM.version, SYSTEM.prepare, problems.check, SYSTEM.drop)
