#!/usr/bin/env python3
"""Stores what a Keras model computes, so that Sepal can prove that it computes the same.

Run it with your own Keras, beside nothing but NumPy:

    store_self_test.py model.keras               writes model.keras.selftest.npz: inputs and outputs
    store_self_test.py model.keras --layers      and what each layer makes of the inputs
    store_self_test.py model.keras --layers -o a_folder    the same as a folder of .npy files

Then `sepal verify model.keras` finds the file, `sepal diff model.keras a_folder` goes through the layers, and
`load_model("model.keras", {.self_test = SelfTest{}})` refuses a model that computes something else. Without --inputs
random numbers from a fixed seed go in. In a program: `store_self_test(model, "model.keras.selftest.npz", layers=True)`.

Arrays: input_0, …, output_0, … and layers/NAME; a layer inside of the model "encoder" is layers/encoder/NAME, the second
call of a shared layer NAME@1, the second output of a layer NAME#1.
"""
import argparse
import os
import sys

import keras
import numpy as np


def flat(value):
    """The tensors of a tensor, list or dictionary (by sorted key), as Keras orders them."""
    if isinstance(value, dict):
        return [tensor for key in sorted(value) for tensor in flat(value[key])]
    if isinstance(value, (list, tuple)):
        return [tensor for part in value for tensor in flat(part)]
    return [value]


def graph_of(model):
    """The functional model behind a Sequential of Keras 3, else the model itself."""
    return getattr(model, "_functional", None) or model


def inputs_of(node):
    return flat(node.input_tensors if hasattr(node, "input_tensors") else node.keras_inputs)


def outputs_of(node):
    return flat(node.output_tensors if hasattr(node, "output_tensors") else node.outputs)


def calls_of(graph):
    """(layer, number of the call, node) of each call in the graph."""
    inside = {id(node) for nodes in graph._nodes_by_depth.values() for node in nodes}
    for layer in getattr(graph, "operations", None) or graph.layers:
        calls = [node for node in layer._inbound_nodes if id(node) in inside]
        for number, node in enumerate(calls):
            yield layer, number, node


def compute(inputs, outputs, values):
    """What a graph between these symbolic tensors makes of the values."""
    # Called, not `predict`: compiling a graph for each nested model would take longer than running it.
    return [to_numpy(value) for value in flat(keras.Model(inputs, outputs)(values, training=False))]


def to_numpy(value):
    value = keras.ops.convert_to_numpy(value) if hasattr(keras, "ops") else value.numpy()
    # NumPy's files have no bfloat16.
    return value.astype("float32") if value.dtype.name == "bfloat16" else value


def layer_outputs(model, inputs, prefix=""):
    """Path -> array of every call, nested models included."""
    graph = graph_of(model)
    calls = list(calls_of(graph))
    tensors = [tensor for _, _, node in calls for tensor in outputs_of(node)]
    values = {id(tensor): value for tensor, value in zip(tensors, compute(graph.inputs, tensors, inputs))}
    arrays = {}
    for layer, number, node in calls:
        # Keras 3 and Sepal read '/' in names of older files as '_'.
        path = prefix + layer.name.replace("/", "_") + (f"@{number}" if number else "")
        if isinstance(layer, keras.Model):
            given = [values[id(tensor)] for tensor in inputs_of(node)]
            arrays.update(layer_outputs(layer, given, path + "/"))
        # What an InputLayer holds came from outside, and in files of Keras 2 it may have no name.
        for index, tensor in enumerate([] if isinstance(layer, keras.layers.InputLayer) else outputs_of(node)):
            arrays[path + (f"#{index}" if index else "")] = values[id(tensor)]
    return arrays


def random_inputs(model, batch=2, size=64, below=2, seed=0):
    """Floats in [0, 1), whole numbers in [0, below); an axis of no known length gets `size`."""
    generator = np.random.default_rng(seed)
    arrays = []
    for tensor in graph_of(model).inputs:
        shape = [batch] + [length or size for length in tensor.shape[1:]]
        dtype = tensor.dtype if isinstance(tensor.dtype, str) else tensor.dtype.name
        if "int" in dtype or dtype == "bool":
            arrays.append(generator.integers(0, 2 if dtype == "bool" else below, shape).astype(dtype))
        else:
            arrays.append(generator.random(shape).astype("float32" if dtype == "bfloat16" else dtype))
    return arrays


def store_self_test(model, path, inputs=None, layers=False, **random):
    """Writes the .npz file `path`, or a folder of .npy files if it has no such name. Returns the arrays."""
    inputs = random_inputs(model, **random) if inputs is None else inputs
    graph = graph_of(model)
    arrays = {f"input_{i}": np.asarray(array) for i, array in enumerate(inputs)}
    outputs = compute(graph.inputs, graph.outputs, inputs)
    arrays.update({f"output_{i}": array for i, array in enumerate(outputs)})
    if layers:
        arrays.update({f"layers/{name}": array for name, array in layer_outputs(model, inputs).items()})
    if path.endswith(".npz"):
        np.savez_compressed(path, **arrays)
    else:
        for name, array in arrays.items():
            file = os.path.join(path, *name.split("/")) + ".npy"
            os.makedirs(os.path.dirname(file), exist_ok=True)
            np.save(file, array)
    return arrays


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="a file that keras.models.load_model reads")
    parser.add_argument("-o", "--output", help="a .npz file, or a folder (default: MODEL.selftest.npz)")
    parser.add_argument("--layers", action="store_true", help="also what each layer gives")
    parser.add_argument("--inputs", nargs="+", help=".npy files in the order of the model's inputs")
    parser.add_argument("--batch", type=int, default=2, help="rows of random inputs")
    parser.add_argument("--size", type=int, default=64, help="length of axes that the model leaves open")
    parser.add_argument("--below", type=int, default=2, help="bound of random whole numbers (a vocabulary's size)")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()

    model = keras.models.load_model(arguments.model, compile=False)
    inputs = [np.load(path) for path in arguments.inputs] if arguments.inputs else None
    path = arguments.output or arguments.model + ".selftest.npz"
    arrays = store_self_test(model, path, inputs, arguments.layers, batch=arguments.batch, size=arguments.size,
                             below=arguments.below, seed=arguments.seed)
    print(f"{path}: {len(arrays)} arrays")
    return 0


if __name__ == "__main__":
    sys.exit(main())
