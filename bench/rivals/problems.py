"""The problems of the contest: sizes, operations, and data that every contender makes for itself.

A problem is a dict as in bench/shapes.json plus "kind" ("sep": forward of a SeparableConv2D, "train": forward and all
gradients, "conv": forward of the Conv2D of the same sizes) and "n", the batch.
"""
import json
import pathlib

SHAPES = json.loads((pathlib.Path(__file__).resolve().parents[1] / "shapes.json").read_text())


def output_axis(length, kernel, problem):
    """Output length, and cells of padding before and after, along one axis."""
    stride, reach = problem["stride"], (kernel - 1) * problem["dilation"] + 1
    if problem["padding"] == "valid":
        return (length - reach) // stride + 1, 0, 0
    out = -(-length // stride)
    total = max((out - 1) * stride + reach - length, 0)
    return out, total // 2, total - total // 2


def output_size(problem):
    return (output_axis(problem["h"], problem["kh"], problem)[0], output_axis(problem["w"], problem["kw"], problem)[0])


def pads(problem):
    """(top, bottom), (left, right)."""
    return (output_axis(problem["h"], problem["kh"], problem)[1:], output_axis(problem["w"], problem["kw"], problem)[1:])


def flops(problem, kind=None):
    """Two for a multiply-add, padding counted in full, a training step as three forwards."""
    kind = kind or problem["kind"]
    height, width = output_size(problem)
    pixels, taps = problem["n"] * height * width, problem["kh"] * problem["kw"]
    if kind == "conv":
        return 2 * pixels * taps * problem["cin"] * problem["cout"]
    forward = 2 * pixels * problem["cin"] * problem["dm"] * (taps + problem["cout"])
    return 3 * forward if kind == "train" else forward


def tensor_bytes(problem):
    """Of what the caller of a training step sees: operands, output, and a gradient of each."""
    height, width = output_size(problem)
    wide = problem["cin"] * problem["dm"]
    x = problem["n"] * problem["h"] * problem["w"] * problem["cin"]
    y = problem["n"] * height * width * problem["cout"]
    weights = (problem["kh"] * problem["kw"] + problem["cout"]) * wide + problem["cout"]
    return 2 * 4 * (x + y + weights)


def hashed(shape, seed):
    """Numbers in [-0.5, 0.5): the hash of bench/layer_problem.cpp."""
    import numpy as np
    count = int(np.prod(shape))
    bits = np.arange(count, dtype=np.uint32) + np.uint32(seed * 7919)
    bits *= np.uint32(2654435761)
    bits ^= bits >> np.uint32(15)
    bits *= np.uint32(2246822519)
    return ((bits >> np.uint32(16)).astype(np.float32) / np.float32(65536) - np.float32(0.5)).reshape(shape)


def operands(problem):
    """x and dy in the problem's layout; depthwise (kh, kw, cin, dm), pointwise (1, 1, cin * dm, cout), bias,
    conv (kh, kw, cin, cout)."""
    first = problem["data_format"] == "channels_first"
    n, cin, cout, dm = (problem[k] for k in ("n", "cin", "cout", "dm"))
    window = (problem["kh"], problem["kw"])

    def image(channels, height, width):
        return (n, channels, height, width) if first else (n, height, width, channels)

    result = {"x": hashed(image(cin, problem["h"], problem["w"]), 1), "bias": hashed((cout,), 4)}
    if problem["kind"] == "conv":
        result["conv"] = hashed(window + (cin, cout), 5)
    else:
        result["depthwise"] = hashed(window + (cin, dm), 2)
        result["pointwise"] = hashed((1, 1, cin * dm, cout), 3)
    if problem["kind"] == "train":
        result["dy"] = hashed(image(cout, *output_size(problem)), 6)
    return result


def check(array):
    """Mean of |value|, and a mean in which the order of the values counts."""
    import numpy as np
    values = np.asarray(array, dtype=np.float64).ravel()
    return [float(np.abs(values).mean()), float((values * (np.arange(values.size) % 7 - 3.0)).mean())]
