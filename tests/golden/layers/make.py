#!/usr/bin/env python3
"""Makes the cases of a group of layers, run with Keras 3 on TensorFlow: what each layer computes in float64 for inputs and
weights of float32, its gradients, its config, and how far Keras's own float32 is from that.

    make.py GROUP FOLDER
"""
import json
import os
import sys

import keras
import numpy as np
import tensorflow as tf


def adaptive():
    # Volumes are pooled in float32 only, and windows of the whole axis end TensorFlow with a signal.
    sizes = {1: (11,), 2: (7, 9)}
    targets = {1: [4, [11]], 2: [[3, 9], 2, [8, 4]]}
    for kind in ("Average", "Max"):
        for axes, size in sizes.items():
            for target in targets[axes]:
                for data_format in ("channels_last", "channels_first"):
                    shape = (2, *size, 3) if data_format == "channels_last" else (2, 3, *size)
                    yield f"Adaptive{kind}Pooling{axes}D", {"output_size": target, "data_format": data_format}, [shape]


def renorm():
    cases = [({}, (8, 3)), ({"renorm_clipping": {"rmax": 1.1, "rmin": 0.9, "dmax": 0.25}}, (8, 3)),
             ({"renorm_clipping": {"dmax": 0.0}, "renorm_momentum": 0.5, "momentum": 0.75, "axis": 1}, (4, 5, 6)),
             ({"renorm_clipping": {"rmin": 1.0}, "scale": False, "epsilon": 0.5}, (2, 5, 6, 4)),
             ({"renorm_clipping": {"rmax": 3.0}, "center": False, "scale": False}, (2, 5, 6, 4)), ({"center": False}, (6, 2))]
    for arguments, shape in cases:
        for training in (True, False):
            yield "BatchNormalization", {"renorm": True, **arguments}, [shape], {"training": training}


def attention():
    query, value, key = (2, 4, 5), (2, 3, 6), (2, 3, 5)
    yield "Attention", {}, [query, key]
    yield "Attention", {"use_scale": True}, [query, value, key]
    yield "Attention", {"score_mode": "concat", "dropout": 0.3}, [query, value, key]
    yield "Attention", {"score_mode": "concat", "use_scale": True}, [query, key]
    yield "AdditiveAttention", {}, [query, value, key]
    yield "AdditiveAttention", {"use_scale": False}, [query, key]
    build = {"prepare": lambda layer: None}
    yield "MultiHeadAttention", {"num_heads": 2, "key_dim": 3}, [query, value], build
    yield "MultiHeadAttention", {"num_heads": 3, "key_dim": 2, "value_dim": 4, "dropout": 0.2, "output_shape": 7}, [query, value, key], build
    yield "MultiHeadAttention", {"num_heads": 1, "key_dim": 4, "use_bias": False, "attention_axes": 1}, [query, query], build
    causal = {"call": {"use_causal_mask": True}}
    yield "Attention", {"use_scale": True}, [query, value, key], causal
    yield "AdditiveAttention", {}, [value, query, (2, 4, 6)], causal
    yield "MultiHeadAttention", {"num_heads": 2, "key_dim": 3, "dropout": 0.2}, [query, value], build | causal
    yield "MultiHeadAttention", {"num_heads": 2, "key_dim": 3, "value_dim": 4, "use_gate": True}, [query, value, key], build
    yield "MultiHeadAttention", {"num_heads": 1, "key_dim": 3, "sliding_window": 2, "use_bias": False}, [query, value], build | causal
    yield "MultiHeadAttention", {"num_heads": 2, "key_dim": 3, "sliding_window": 1, "dropout": 0.1}, [query, value], build
    images = [(2, 3, 2, 5), (2, 4, 2, 6)]
    yield "MultiHeadAttention", {"num_heads": 2, "key_dim": 3}, images, build
    yield "MultiHeadAttention", {"num_heads": 2, "key_dim": 3, "attention_axes": [1], "output_shape": [2, 3]}, images, build | causal
    yield "MultiHeadAttention", {"num_heads": 2, "key_dim": 2, "attention_axes": -2, "use_gate": True}, [(2, 3, 4, 5), (2, 3, 2, 6), (2, 3, 2, 4)], build


def einsum():
    yield "EinsumDense", {"equation": "abc,cd->abd", "output_shape": [None, 6], "bias_axes": "d"}, [(2, 3, 4)]
    # Keras announces axes in front in reverse order: they have one length here.
    yield "EinsumDense", {"equation": "...x,xy->...y", "output_shape": 5, "activation": "tanh"}, [(2, 3, 3, 6)]
    yield "EinsumDense", {"equation": "ab...,bc->ac...", "output_shape": 5, "bias_axes": "c"}, [(2, 3, 4)]
    yield "EinsumDense", {"equation": "abc,cde->abde", "output_shape": [None, 2, 3], "bias_axes": "de"}, [(2, 3, 4)]
    yield "EinsumDense", {"equation": "abcd,cde->abe", "output_shape": [3, 5], "bias_axes": "be"}, [(2, 3, 4, 2)]
    yield "EinsumDense", {"equation": "ab,bc->ac", "output_shape": 64, "bias_axes": "c"}, [(3, 7)]


def category():
    rows = {"inputs": [np.array([[0, 3, 3, 1], [2, 2, 2, 5], [1, 0, 4, 4]], "int32")]}
    for mode in ("multi_hot", "count", "one_hot"):
        yield "CategoryEncoding", {"num_tokens": 6, "output_mode": mode}, [(3, 4)], rows
    yield "CategoryEncoding", {"num_tokens": 5, "output_mode": "one_hot"}, [(3, 1)], {"inputs": [np.array([[0], [4], [2]], "int32")]}


def more():
    image, steps, volume = (2, 5, 6, 3), (2, 7, 3), (2, 4, 3, 5, 2)
    yield "Add", {}, [(2, 3, 4), (2, 3, 4), (2, 1, 4)]
    for name in ("Subtract", "Multiply", "Average", "Maximum", "Minimum"):
        yield name, {}, [(2, 3, 4), (2, 3, 1)]
    for name in ("Multiply", "Average", "Maximum"):
        yield name, {}, [(2, 4), (2, 3, 4), (2, 3, 4)]
    yield "Dot", {"axes": 2}, [(2, 3, 4), (2, 5, 4)]
    yield "Dot", {"axes": [1, 2], "normalize": True}, [(2, 4, 3), (2, 5, 4)]
    yield "Dot", {"axes": 1}, [(2, 4), (2, 4)]
    yield "Conv1D", {"filters": 6, "kernel_size": 2, "groups": 3, "padding": "same"}, [steps]
    yield "Conv1D", {"filters": 2, "kernel_size": 3, "dilation_rate": 2, "use_bias": False, "padding": "causal"}, [steps]
    yield "Conv1DTranspose", {"filters": 2, "kernel_size": 3, "strides": 2, "padding": "same"}, [steps]
    # Dilated transposes do not run on TensorFlow's CPU.
    yield "Conv1DTranspose", {"filters": 2, "kernel_size": 2, "use_bias": False}, [steps]
    yield "Conv1DTranspose", {"filters": 2, "kernel_size": 3, "strides": 3, "output_padding": 1, "activation": "relu"}, [steps]
    yield "Conv2DTranspose", {"filters": 2, "kernel_size": [2, 3], "strides": [2, 1], "use_bias": False, "activation": "tanh"}, [image]
    yield "Dense", {"units": 4, "use_bias": False, "activation": "gelu"}, [(2, 3, 5)]
    yield "SeparableConv2D", {"filters": 4, "kernel_size": 2, "dilation_rate": 2, "use_bias": False, "depth_multiplier": 2}, [image]
    yield "SeparableConv1D", {"filters": 4, "kernel_size": 2, "dilation_rate": 3, "use_bias": False}, [steps]
    yield "DepthwiseConv2D", {"kernel_size": 2, "dilation_rate": [2, 2], "use_bias": False, "padding": "same"}, [image]
    yield "Conv3D", {"filters": 3, "kernel_size": 2, "padding": "same"}, [volume]
    yield "Conv3D", {"filters": 3, "kernel_size": [2, 1, 3], "strides": [2, 1, 1], "use_bias": False}, [volume]
    yield "Conv3DTranspose", {"filters": 2, "kernel_size": 2, "strides": 2}, [(1, 2, 3, 2, 2)]
    yield "AveragePooling1D", {"pool_size": 3, "strides": 2, "padding": "same"}, [steps]
    yield "MaxPooling1D", {"pool_size": 2, "data_format": "channels_first"}, [steps]
    for name in ("GlobalAveragePooling1D", "GlobalMaxPooling1D"):
        yield name, {"keepdims": True}, [steps]
        yield name, {"data_format": "channels_first"}, [steps]
    for name in ("GlobalAveragePooling3D", "GlobalMaxPooling3D"):
        yield name, {}, [volume]
        yield name, {"keepdims": True, "data_format": "channels_first"}, [volume]
    yield "Cropping1D", {"cropping": 2}, [steps]
    yield "Cropping3D", {"cropping": [[1, 0], [0, 1], [2, 1]]}, [volume]
    yield "ZeroPadding1D", {"padding": [1, 3]}, [steps]
    yield "ZeroPadding3D", {"padding": [[1, 0], [0, 1], [2, 1]]}, [volume]
    yield "UpSampling1D", {"size": 3}, [steps]
    yield "UpSampling3D", {"size": [2, 1, 3]}, [volume]
    yield "RepeatVector", {"n": 5}, [(2, 4)]
    yield "GroupNormalization", {"groups": 3}, [(2, 4, 5, 6)]
    yield "GroupNormalization", {"groups": -1, "scale": False, "epsilon": 0.1}, [(2, 4, 6)]
    yield "LayerNormalization", {}, [(2, 3, 6)]
    yield "LayerNormalization", {"axis": [1, 2], "center": False}, [(2, 3, 6)]
    yield "RMSNormalization", {"epsilon": 0.01}, [(2, 3, 6)], {"prepare": lambda layer: None}
    yield "UnitNormalization", {"axis": [1, 2]}, [(2, 3, 6)]
    yield "Identity", {}, [(2, 3)]
    yield "Masking", {"mask_value": 0.5}, [steps]
    yield "SpatialDropout1D", {"rate": 0.3}, [steps], {"training": False}
    yield "SpatialDropout3D", {"rate": 0.3}, [volume], {"training": False}
    yield "Normalization", {"axis": -1, "mean": [0.5, -1.0, 2.0], "variance": [1.5, 0.25, 4.0]}, [steps]
    yield "Embedding", {"input_dim": 6, "output_dim": 3}, [(2, 4)], {"inputs": [np.array([[0, 5, 2, 2], [1, 3, 3, 0]], "int32")]}


GROUPS = {"adaptive": adaptive, "attention": attention, "category": category, "einsum": einsum, "more": more, "renorm": renorm}


def plain(value):
    return json.loads(json.dumps(value))


def without_batch(shapes):
    return [(None, *shape[1:]) for shape in shapes]


class Case:
    """One layer and what it is called with; extras: training, inputs (arrays), call (its other arguments),
    prepare (a function of the layer)."""

    def __init__(self, identity, class_name, arguments, shapes, extras, generator):
        self.identity, self.class_name, self.arguments, self.shapes = identity, class_name, arguments, shapes
        self.training = extras.get("training")
        self.prepare = extras.get("prepare")
        self.call = extras.get("call", {})
        self.generator = generator
        self.inputs = extras.get("inputs") or [self.draw(shape) for shape in shapes]
        self.weights = None
        self.multipliers = None

    def draw(self, shape, low=-1.5, high=1.5):
        return self.generator.uniform(low, high, shape).astype("float32")

    def make(self, dtype):
        return getattr(keras.layers, self.class_name)(**self.arguments, dtype=dtype, name=self.identity)

    # Called with a tensor for each argument, not with a list.
    @property
    def takes_several(self):
        return self.class_name == "MultiHeadAttention"

    def build(self, layer):
        layer.build(*self.shapes) if self.takes_several else layer.build(self.one_or_list(self.shapes))

    def output_shape(self, layer):
        shapes = without_batch(self.shapes)
        return layer.compute_output_shape(*shapes) if self.takes_several else layer.compute_output_shape(self.one_or_list(shapes))

    def one_or_list(self, values):
        return values if len(values) > 1 else values[0]

    def run(self, dtype):
        keras.config.set_floatx(dtype)
        layer = self.make(dtype)
        self.build(layer)
        if self.prepare:
            self.prepare(layer)
        if self.weights is None:
            # Variances are among them.
            self.weights = [self.draw(w.shape, 0.2, 1.2) if w.dtype.startswith("float") else np.array(w) for w in layer.weights]
        layer.set_weights([w.astype(v.dtype) for w, v in zip(self.weights, layer.weights)])
        inputs = [tf.constant(x.astype(dtype) if x.dtype.kind == "f" else x) for x in self.inputs]
        called = self.call if self.training is None else {"training": self.training, **self.call}
        with tf.GradientTape() as tape:
            tape.watch([x for x in inputs if x.dtype.is_floating])
            outputs = layer(*inputs, **called) if self.takes_several else layer(self.one_or_list(inputs), **called)
            outputs = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
            if self.multipliers is None:
                self.multipliers = [self.draw(y.shape) for y in outputs]
            total = sum(tf.reduce_sum(y * tf.constant(r.astype(y.dtype.as_numpy_dtype))) for y, r in zip(outputs, self.multipliers))
        trainable = [v.value for v in layer.trainable_variables]
        gradients = tape.gradient(total, inputs + trainable, unconnected_gradients="zero")
        arrays = {f"y{i}": np.array(y) for i, y in enumerate(outputs)}
        arrays |= {f"gx{i}": np.array(tf.convert_to_tensor(g)) for i, g in enumerate(gradients[: len(inputs)])}
        paths = [v.path for v in layer.weights]
        for v, g in zip(layer.trainable_variables, gradients[len(inputs):]):
            arrays[f"gw{paths.index(v.path)}"] = np.array(tf.convert_to_tensor(g))
        for i, (after, before) in enumerate(zip(layer.get_weights(), self.weights)):
            if not np.array_equal(after, before.astype(after.dtype)):
                arrays[f"after{i}"] = after
        keras.config.set_floatx("float32")
        return arrays, layer

    def store(self, folder):
        wide, layer = self.run("float64")
        narrow, _ = self.run("float32")
        errors = {name: float(f"{np.max(np.abs(wide[name] - narrow[name]), initial=0):.3g}") for name in wide}
        of_inputs = {f"x{i}": x for i, x in enumerate(self.inputs)}
        of_weights = {f"w{i}": w for i, w in enumerate(self.weights)}
        of_outputs = {f"r{i}": r for i, r in enumerate(self.multipliers)}
        np.savez(os.path.join(folder, self.identity + ".npz"), **of_inputs, **of_weights, **of_outputs, **wide)
        # A layer that was prepared says so in its config.
        described = self.make("float32")
        if self.prepare:
            self.build(described)
            self.prepare(described)
        config = plain(keras.saving.serialize_keras_object(described))
        config.pop("build_config", None)
        return {"id": self.identity, "class": self.class_name, "config": config,
                "input_shapes": [list(x.shape) for x in self.inputs], "list_input": len(self.inputs) > 1, "training": self.training,
                "weights": [{"name": v.name, "shape": list(v.shape), "trainable": bool(v.trainable)} for v in layer.weights],
                "compute_output_shape": plain(self.output_shape(self.make("float32"))),
                **self.call, "exact": False, "keras_f32_error": errors, "file": self.identity + ".npz"}


def main():
    group, folder = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    generator = np.random.default_rng(11)
    entries = []
    for i, (class_name, arguments, shapes, *extras) in enumerate(GROUPS[group]()):
        case = Case(f"{group}_{i:03}", class_name, arguments, shapes, extras[0] if extras else {}, generator)
        entries.append(case.store(folder))
    with open(os.path.join(folder, "cases.json"), "w", encoding="ascii") as file:
        json.dump({"writer": "keras " + keras.__version__, "group": group, "cases": entries}, file, separators=(",", ":"))
        file.write("\n")
    print(len(entries), "cases")


if __name__ == "__main__":
    main()
