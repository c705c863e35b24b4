#!/usr/bin/env python3
"""Makes keras3.json (run with Keras 3) or tensorflow.json (run with tf.keras 2.15): one model for each function that
users call on symbolic tensors, as Keras writes it, and what it computes. All models share the inputs in the file.
With --graph, run with tf.keras 2.15, it makes graph.json: the operations of TensorFlow's graph, as tf.keras of
TensorFlow before 2.4 wrote them.

    make.py OUTPUT.json [--graph]
"""
import json
import sys

import numpy as np
import tensorflow as tf

try:
    import keras
    IS_KERAS_3 = keras.__version__.startswith("3")
except (ImportError, AttributeError):
    IS_KERAS_3 = False
if not IS_KERAS_3:
    keras = tf.keras


IS_GRAPH = "--graph" in sys.argv
if IS_GRAPH:
    tf.compat.v1.disable_eager_execution()
# What makes sizes of axes or other programs in the graph, and what Sepal has no operation for.
NOT_IN_GRAPH = {"argsort", "item_batch", "reduce_logsumexp", "repeat", "reshape_with_batch", "sort", "tensordot"}


def keras3_cases(x, z, m):
    from keras import activations as a
    from keras import ops as k
    p = lambda: k.absolute(x) + 0.5
    kernel = lambda shape: np.linspace(-1.5, 1, int(np.prod(shape))).round(3).reshape(shape).astype("float32")
    return {
        "add": lambda: x + z, "add_number": lambda: 2 + x, "subtract": lambda: x - 1.5, "divide": lambda: x / (z * z + 1.0),
        "floor_divide": lambda: x // 0.7, "mod": lambda: x % 0.7, "power": lambda: x**2, "power_of_tensor": lambda: k.power(p(), z),
        "power_of_number": lambda: 2.0**x, "negative": lambda: -x, "abs": lambda: abs(x), "matmul_operator": lambda: x @ m,
        "equal": lambda: k.equal(k.round(x), k.round(z)), "not_equal": lambda: k.not_equal(k.round(x), 0.0),
        "greater": lambda: x > 0.5, "greater_equal": lambda: x >= z, "less": lambda: x < 0.0, "less_equal": lambda: x <= 1,
        "logical_not": lambda: ~(x > 0), "logical_and": lambda: (x > 0) & (z > 0), "logical_or": lambda: (x > 0) | (z > 0),
        "logical_xor": lambda: (x > 0) ^ (z > 0), "where": lambda: k.where(x > 0, x, z), "where_number": lambda: k.where(x > 0, x, 0.0),
        "where_numbers": lambda: k.where(x > z, 1.0, 0.0), "multiply_bool": lambda: (x > 0) * z, "add_int_to_bool": lambda: (x > 0) + 1,
        "reciprocal": lambda: k.reciprocal(p()), "round": lambda: k.round(x), "round_2": lambda: k.round(x, 2),
        "item_slice": lambda: x[:, 1:3], "item_step": lambda: x[..., ::2], "item_new_axis": lambda: x[:, None, :, -1],
        "item_batch": lambda: x[0], "item_reversed": lambda: x[:, ::-1], "item_step_back": lambda: x[:, 3:0:-2, 1:-1],
        "exp": lambda: k.exp(x), "expm1": lambda: k.expm1(x), "log": lambda: k.log(p()), "log1p": lambda: k.log1p(p()),
        "log2": lambda: k.log2(p()), "log10": lambda: k.log10(p()), "sqrt": lambda: k.sqrt(p()), "rsqrt": lambda: k.rsqrt(p()),
        "square": lambda: k.square(x), "sin": lambda: k.sin(x), "cos": lambda: k.cos(x), "tan": lambda: k.tan(x * 0.5),
        "sinh": lambda: k.sinh(x), "cosh": lambda: k.cosh(x), "tanh": lambda: k.tanh(x), "arctan": lambda: k.arctan(x),
        "erf": lambda: k.erf(x), "floor": lambda: k.floor(x), "ceil": lambda: k.ceil(x), "sign": lambda: k.sign(x),
        "isnan": lambda: k.isnan(x), "logaddexp": lambda: k.logaddexp(x, z), "maximum": lambda: k.maximum(x, z),
        "minimum": lambda: k.minimum(x, 0.5), "clip": lambda: k.clip(x, 0, 1), "stop_gradient": lambda: k.stop_gradient(x),
        "mean": lambda: k.mean(x, axis=1), "mean_all": lambda: k.mean(x), "mean_bool": lambda: k.mean(x > 0, axis=1),
        "sum": lambda: k.sum(x, axis=(1, 2), keepdims=True), "sum_bool": lambda: k.sum(x > 0, axis=1), "max": lambda: k.max(x, axis=-1),
        "min": lambda: k.min(x, axis=1), "amax": lambda: k.amax(x, axis=1), "amin": lambda: k.amin(x, axis=1, keepdims=True),
        "var": lambda: k.var(x, axis=1), "std": lambda: k.std(x, axis=1, keepdims=True), "any": lambda: k.any(x > 1, axis=1),
        "all": lambda: k.all(x > -1, axis=1), "argmax": lambda: k.argmax(x, axis=-1), "argmin": lambda: k.argmin(x, axis=1),
        "average": lambda: k.average(x, axis=1), "logsumexp": lambda: k.logsumexp(x, axis=1), "norm": lambda: k.norm(x, axis=1),
        "norm_1": lambda: k.norm(x, ord=1, axis=1), "normalize": lambda: k.normalize(x), "normalize_1": lambda: k.normalize(x, axis=1, order=1),
        "reshape": lambda: k.reshape(x, (-1, 8, 3)), "transpose": lambda: k.transpose(x, (0, 2, 1)), "transpose_all": lambda: k.transpose(x),
        "expand_dims": lambda: k.expand_dims(x, 1), "expand_dims_2": lambda: k.expand_dims(x, (1, 2)),
        "squeeze": lambda: k.squeeze(k.expand_dims(x, 1), 1), "concatenate": lambda: k.concatenate([x, z], axis=1),
        "stack": lambda: k.stack([x, z], axis=1), "split": lambda: k.split(x, 2, axis=-1)[1], "split_at": lambda: k.split(x, [1, 3], axis=1)[1],
        "unstack": lambda: k.unstack(x, axis=1)[1], "tile": lambda: k.tile(x, (1, 2, 1)), "repeat": lambda: k.repeat(x, 2, axis=1),
        "flip": lambda: k.flip(x, axis=1), "flip_all": lambda: k.flip(x), "roll": lambda: k.roll(x, 1, axis=1),
        "swapaxes": lambda: k.swapaxes(x, 1, 2), "moveaxis": lambda: k.moveaxis(x, 1, 2), "pad": lambda: k.pad(x, ((0, 0), (1, 2), (0, 1))),
        "take": lambda: k.take(x, [0, 2], axis=1), "take_one": lambda: k.take(x, -1, axis=2), "ravel": lambda: k.ravel(x),
        "prod": lambda: k.prod(x, axis=1), "prod_all": lambda: k.prod(x), "cumsum": lambda: k.cumsum(x, axis=1), "cumsum_all": lambda: k.cumsum(x),
        "cumprod": lambda: k.cumprod(x, axis=-1), "sort": lambda: k.sort(x, axis=1), "argsort": lambda: k.argsort(x, axis=1),
        "top_k": lambda: k.top_k(x + 0.5 * z, 2)[0], "top_k_places": lambda: k.top_k(x + 0.5 * z, 2)[1], "max_pool": lambda: k.max_pool(x, 2),
        "max_pool_2d": lambda: k.max_pool(x[..., None], (2, 3), 1, "same"), "average_pool": lambda: k.average_pool(x, 3, 2, "same"),
        "adaptive_average_pool": lambda: k.adaptive_average_pool(x, (3,), data_format="channels_last"),
        "adaptive_max_pool_2d": lambda: k.adaptive_max_pool(x[:, None], (2, 2), data_format="channels_first"),
        "conv": lambda: k.conv(x, kernel((3, 6, 4)), padding="same"), "conv_2d": lambda: k.conv(x[..., None], kernel((2, 2, 1, 3)), strides=2),
        "depthwise_conv": lambda: k.depthwise_conv(x, kernel((2, 6, 2))),
        "separable_conv": lambda: k.separable_conv(x, kernel((2, 6, 2)), kernel((1, 12, 3)), padding="same"),
        "resize": lambda: k.image.resize(x[..., None], (3, 8)), "resize_nearest": lambda: k.image.resize(x[..., None], (7, 2), interpolation="nearest"),
        "broadcast_to": lambda: k.broadcast_to(x, (3, 2, 4, 6)), "hstack": lambda: k.hstack([x, z]), "matmul": lambda: k.matmul(x, m),
        "dot": lambda: k.dot(x, m[0]), "tensordot": lambda: k.tensordot(x, m[0], axes=1), "einsum": lambda: k.einsum("bij,bjk->bik", x, m),
        "einsum_transposed": lambda: k.einsum("bij,bkj->bik", x, z), "ones_like": lambda: k.ones_like(x) + x, "zeros_like": lambda: k.zeros_like(x),
        "cast": lambda: k.cast(x > 0, "float32"), "cast_int": lambda: k.cast(x * 3, "int32"), "one_hot": lambda: k.one_hot(k.argmax(x, axis=-1), 6),
        "relu": lambda: k.relu(x), "relu6": lambda: k.relu6(x * 4), "sigmoid": lambda: k.sigmoid(x), "softplus": lambda: k.softplus(x),
        "softsign": lambda: k.softsign(x), "silu": lambda: k.silu(x), "log_sigmoid": lambda: k.log_sigmoid(x), "leaky_relu": lambda: k.leaky_relu(x, 0.3),
        "hard_sigmoid": lambda: k.hard_sigmoid(x), "hard_silu": lambda: k.hard_silu(x), "elu": lambda: k.elu(x, 0.5), "selu": lambda: k.selu(x),
        "gelu": lambda: k.gelu(x), "gelu_exact": lambda: k.gelu(x, approximate=False), "celu": lambda: k.celu(x, 0.7), "glu": lambda: k.glu(x),
        "tanh_shrink": lambda: k.tanh_shrink(x), "soft_shrink": lambda: k.soft_shrink(x), "hard_shrink": lambda: k.hard_shrink(x),
        "hard_tanh": lambda: k.hard_tanh(x), "squareplus": lambda: k.squareplus(x), "sparse_plus": lambda: k.sparse_plus(x),
        "sparse_sigmoid": lambda: k.sparse_sigmoid(x), "softmax": lambda: k.softmax(x),
        "log_softmax": lambda: k.log_softmax(x), "sparsemax": lambda: k.sparsemax(x), "threshold": lambda: k.threshold(x, 0.1, 2.0),
        "activation_relu": lambda: a.relu(x, max_value=1.0, negative_slope=0.1), "activation_gelu": lambda: a.gelu(x),
        "array": lambda: x * np.arange(6, dtype="float32"), "array_of_float64": lambda: x * np.linspace(0.1, 0.6, 6),
        "array_tensor": lambda: x + k.convert_to_tensor(np.arange(6, dtype="float32")),
        "arcsin": lambda: k.arcsin(x * 0.5), "arccos": lambda: k.arccos(x * 0.5), "arcsinh": lambda: k.arcsinh(x), "arccosh": lambda: k.arccosh(p() + 1.0),
        "arctanh": lambda: k.arctanh(x * 0.5), "arctan2": lambda: k.arctan2(x, z), "arctan2_number": lambda: k.arctan2(1.0, x), "cbrt": lambda: k.cbrt(x),
        "exp2": lambda: k.exp2(x), "fmax": lambda: k.fmax(x, z), "fmin": lambda: k.fmin(x, 0.5), "fmod": lambda: k.fmod(x, 0.7),
        "isfinite": lambda: k.isfinite(k.log(x)), "isinf": lambda: k.isinf(k.exp(k.absolute(x) * 90)), "isposinf": lambda: k.isposinf(k.exp(x * 90)),
        "isneginf": lambda: k.isneginf(-k.exp(x * 90)), "copy": lambda: k.copy(x) + 1, "trunc": lambda: k.trunc(x), "divide_no_nan": lambda: k.divide_no_nan(x, k.relu(z)),
        "erfc": lambda: k.erfc(x), "erfinv": lambda: k.erfinv(x * 0.5), "fabs": lambda: k.fabs(x), "hypot": lambda: k.hypot(x, z),
        "heaviside": lambda: k.heaviside(x, z), "signbit": lambda: k.signbit(x), "sinc": lambda: k.sinc(x), "deg2rad": lambda: k.deg2rad(x),
        "rad2deg": lambda: k.rad2deg(x), "logaddexp2": lambda: k.logaddexp2(x, z), "isclose": lambda: k.isclose(x, k.round(x, 1), 0.01, 0.02),
        "nan_to_num": lambda: k.nan_to_num(k.log(x), nan=-1.0), "nan_to_num_bounds": lambda: k.nan_to_num(k.where(z > 0, x, k.stop_gradient(x / k.relu(k.sign(z)))), posinf=9.0, neginf=-8.0),
        "full_like": lambda: k.full_like(x, 2.5), "full_like_int": lambda: k.full_like(x, 2, dtype="int32"), "empty_like": lambda: k.zeros_like(x) * k.empty_like(x),
        "outer": lambda: k.outer(x[0, 0], z[0, 1]), "inner": lambda: k.inner(x, m[0, :, 0]), "vdot": lambda: k.vdot(x, z), "cross": lambda: k.cross(x[..., :3], z[..., 3:]),
        "kron": lambda: k.kron(x[0], z[1, :2, :3]), "vstack": lambda: k.vstack([x, z]), "dstack": lambda: k.dstack([x, z]), "append": lambda: k.append(x, z, axis=1),
        "append_flat": lambda: k.append(x, z), "take_along_axis": lambda: k.take_along_axis(x, k.argsort(z, axis=1), axis=1),
        "take_along_axis_constant": lambda: k.take_along_axis(x, np.array([[[0], [2], [-1], [5]]]), axis=2), "tril": lambda: k.tril(x), "triu": lambda: k.triu(x, 1),
        "rot90": lambda: k.rot90(x, axes=(1, 2)), "rot90_3": lambda: k.rot90(x, 3, axes=(2, 1)), "fliplr": lambda: k.fliplr(x), "flipud": lambda: k.flipud(x),
        "diff": lambda: k.diff(x), "diff_2": lambda: k.diff(x, 2, axis=1), "median": lambda: k.median(x, axis=1), "median_all": lambda: k.median(x, keepdims=True),
        "quantile": lambda: k.quantile(x, 0.3, axis=1), "quantiles": lambda: k.quantile(x + 0.5 * z, [0.1, 0.8], axis=2, method="nearest"), "percentiles": lambda: k.percentile(x + 0.5 * z, [10, 70], axis=2, method="nearest"), "percentile_midpoint": lambda: k.percentile(x + 0.5 * z, 40, axis=(1, 2), method="midpoint"), "percentile": lambda: k.percentile(x, 30.0, axis=-1, keepdims=True),
        "ptp": lambda: k.ptp(x, axis=1), "count_nonzero": lambda: k.count_nonzero(x > 0, axis=1), "diagonal": lambda: k.diagonal(x, 1, 1, 2), "trace": lambda: k.trace(x, axis1=1, axis2=2),
        "select": lambda: k.select([x > 1, x > 0], [x, z], 0.25), "size": lambda: k.size(x) + k.cast(x, "int32"), "trapezoid": lambda: k.trapezoid(x, dx=0.5),
        "hsplit": lambda: k.hsplit(x, 2)[1], "array_split": lambda: k.array_split(x, 4, axis=2)[1], "nansum": lambda: k.nansum(k.log(x + 1.5), axis=1), "nanmean": lambda: k.nanmean(k.log(x + 1.5), axis=1),
        "nanmax": lambda: k.nanmax(k.log(x + 1.5), axis=1), "nanmin": lambda: k.nanmin(k.log(x + 1.5), axis=1), "pad_reflect": lambda: k.pad(x, ((0, 0), (1, 2), (0, 1)), mode="reflect"),
        "pad_symmetric": lambda: k.pad(x, ((0, 0), (1, 2), (0, 1)), mode="symmetric"), "pad_value": lambda: k.pad(x, ((0, 0), (1, 2), (0, 1)), constant_values=1.5),
        "slice": lambda: k.slice(x, (0, 1, 2), (2, 2, 3)), "slice_update": lambda: k.slice_update(x, (0, 1, 2), z[:, :2, :3]), "saturate_cast": lambda: k.saturate_cast(x * 200, "uint8"),
        "convert_to_tensor": lambda: k.convert_to_tensor(x) + 1, "scatter": lambda: k.scatter_update(x, [[0, 1], [1, 3]], z[0, :2]),
        "batch_norm": lambda: k.batch_normalization(x, kernel((6,)), kernel((6,)) + 2.0, -1), "batch_norm_all": lambda: k.batch_normalization(x, kernel((4,)), kernel((4,)) + 2.0, 1, kernel((4,)), kernel((4,)), 0.1),
        "layer_norm": lambda: k.layer_normalization(x), "layer_norm_gamma": lambda: k.layer_normalization(x, kernel((6,)), kernel((6,)), epsilon=0.01),
        "rms_norm": lambda: k.rms_normalization(x), "rms_norm_scale": lambda: k.rms_normalization(x, kernel((6,)), epsilon=0.01), "moments": lambda: k.moments(x, 1)[1],
        "moments_keepdims": lambda: k.moments(x, (1, 2), keepdims=True)[0], "depth_to_space": lambda: k.depth_to_space(k.reshape(x, (-1, 2, 3, 4)), 2),
        "space_to_depth": lambda: k.space_to_depth(x[..., None], 2), "depth_to_space_first": lambda: k.depth_to_space(k.reshape(x, (-1, 4, 2, 3)), 2, "channels_first"),
        "space_to_depth_first": lambda: k.space_to_depth(x[:, None], 2, "channels_first"), "multi_hot": lambda: k.multi_hot(k.argmax(x, axis=-1), 6),
        "unfold": lambda: k.unfold(x[:, None], (2, 3), padding=1, stride=2), "fold": lambda: k.fold(k.reshape(x, (-1, 4, 6)), (3, 4), (2, 2)), 
        "dot_product_attention": lambda: k.dot_product_attention(k.reshape(x, (-1, 4, 2, 3)), k.reshape(z, (-1, 4, 2, 3)), k.reshape(x + z, (-1, 4, 2, 3))),
        "dot_product_attention_causal": lambda: k.dot_product_attention(k.reshape(x, (-1, 4, 2, 3)), k.reshape(z, (-1, 4, 2, 3)), k.reshape(x + z, (-1, 4, 2, 3)), is_causal=True, scale=0.7),
        "dot_product_attention_bias": lambda: k.dot_product_attention(k.reshape(x, (-1, 4, 2, 3)), k.reshape(z, (-1, 4, 2, 3)), k.reshape(x + z, (-1, 4, 2, 3)), bias=kernel((1, 2, 4, 4))),
        "dot_product_attention_mask": lambda: k.dot_product_attention(k.reshape(x, (-1, 4, 2, 3)), k.reshape(z, (-1, 4, 2, 3)), k.reshape(x + z, (-1, 4, 2, 3)), mask=k.matmul(x, k.transpose(z, (0, 2, 1)))[:, None] > -0.5),
        "binary_crossentropy": lambda: k.binary_crossentropy(k.cast(z > 0, "float32"), k.sigmoid(x)), "categorical_crossentropy": lambda: k.categorical_crossentropy(k.one_hot(k.argmax(z + 0.1234 * x * x, -1), 6), x, from_logits=True),
        "sparse_categorical_crossentropy": lambda: k.sparse_categorical_crossentropy(k.argmax(z + 0.1234 * x * x, -1), k.softmax(x)),
        "rgb_to_grayscale": lambda: k.image.rgb_to_grayscale(k.reshape(x, (-1, 2, 4, 3))), "rgb_to_hsv": lambda: k.image.rgb_to_hsv(k.reshape(p(), (-1, 2, 4, 3)) * 0.4),
        "hsv_to_rgb": lambda: k.image.hsv_to_rgb(k.reshape(p(), (-1, 2, 4, 3)) * 0.4), "extract_patches": lambda: k.image.extract_patches(x[..., None], (2, 3), strides=(1, 2), padding="same"),
        "extract_patches_valid": lambda: k.image.extract_patches(k.reshape(x, (-1, 4, 3, 2)), 2, strides=1, dilation_rate=2), "pad_images": lambda: k.image.pad_images(x[..., None], 1, 2, target_height=7, target_width=9),
        "crop_images": lambda: k.image.crop_images(x[..., None], 1, 2, target_height=2, target_width=3), "gaussian_blur": lambda: k.image.gaussian_blur(x[..., None], (3, 3), (1.0, 2.0)),
        "sobel_edges": lambda: k.image.sobel_edges(x[..., None]),
    }


def tensorflow_cases(x, z, m):
    b = keras.backend
    p = lambda: tf.abs(x) + 0.5
    return {
        "add": lambda: x + z, "add_number": lambda: 2 + x, "multiply": lambda: x * z, "divide": lambda: x / 2.0, "divide_number": lambda: 2.0 / p(),
        "subtract": lambda: 1.0 - x, "power": lambda: x**2, "negative": lambda: -x, "abs": lambda: abs(x), "floor_divide": lambda: x // 0.7,
        "mod": lambda: x % 0.7, "matmul": lambda: x @ m, "matmul_transposed": lambda: tf.matmul(x, z, transpose_b=True), "greater": lambda: x > 0.5,
        "less": lambda: x < z, "equal": lambda: tf.equal(tf.round(x), tf.round(z)), "logical_and": lambda: tf.logical_and(x > 0.0, z > 0.0),
        "logical_not": lambda: tf.logical_not(x > 0.0), "where": lambda: tf.where(x > 0.0, x, z), "maximum": lambda: tf.maximum(x, z),
        "minimum": lambda: tf.minimum(x, 0.5), "reduce_mean": lambda: tf.reduce_mean(x, axis=1), "reduce_mean_2": lambda: tf.reduce_mean(x, axis=[1, 2], keepdims=True),
        "reduce_sum": lambda: tf.reduce_sum(x, 1), "reduce_max": lambda: tf.reduce_max(x, axis=-1, keepdims=True), "reduce_min": lambda: tf.reduce_min(x, axis=1),
        "reduce_std": lambda: tf.math.reduce_std(x, axis=1), "reduce_variance": lambda: tf.math.reduce_variance(x, axis=1),
        "reduce_logsumexp": lambda: tf.reduce_logsumexp(x, axis=1), "reduce_any": lambda: tf.reduce_any(x > 1.0, axis=1), "argmax": lambda: tf.argmax(x, axis=-1),
        "norm": lambda: tf.norm(x, axis=-1), "reshape": lambda: tf.reshape(x, [-1, 24]), "reshape_with_batch": lambda: tf.reshape(x, [tf.shape(x)[0], 24]),
        "transpose": lambda: tf.transpose(x, [0, 2, 1]), "expand_dims": lambda: tf.expand_dims(x, -1), "squeeze": lambda: tf.squeeze(tf.expand_dims(x, 1), axis=1),
        "concat": lambda: tf.concat([x, z], axis=1), "stack": lambda: tf.stack([x, z], axis=1), "split": lambda: tf.split(x, 2, axis=-1)[1],
        "split_sizes": lambda: tf.split(x, [2, 4], axis=-1)[1], "unstack": lambda: tf.unstack(x, axis=1)[1], "tile": lambda: tf.tile(x, [1, 2, 1]),
        "repeat": lambda: tf.repeat(x, 2, axis=1), "reverse": lambda: tf.reverse(x, [1]), "pad": lambda: tf.pad(x, [[0, 0], [1, 1], [0, 0]]),
        "gather": lambda: tf.gather(x, [0, 2], axis=1), "clip_by_value": lambda: tf.clip_by_value(x, 0.0, 1.0), "cast": lambda: tf.cast(x > 0.0, tf.float32),
        "one_hot": lambda: tf.one_hot(tf.argmax(x, -1), 6), "zeros_like": lambda: tf.zeros_like(x), "ones_like": lambda: tf.ones_like(x), "tensordot": lambda: tf.tensordot(x, m[0], axes=1),
        "add_n": lambda: tf.add_n([x, z]), "identity": lambda: tf.identity(x), "stop_gradient": lambda: tf.stop_gradient(x), "sqrt": lambda: tf.sqrt(p()),
        "reduce_prod": lambda: tf.reduce_prod(x, axis=1), "cumsum": lambda: tf.cumsum(x, axis=1), "cumprod": lambda: tf.math.cumprod(x, axis=2),
        "sort": lambda: tf.sort(x, axis=1), "argsort": lambda: tf.argsort(x), "top_k": lambda: tf.nn.top_k(x + 0.5 * z, 2)[0],
        "max_pool2d": lambda: tf.nn.max_pool2d(x[..., None], 2, (1, 2), "SAME"), "avg_pool1d": lambda: tf.nn.avg_pool1d(x, 2, 2, "VALID"),
        "max_pool": lambda: tf.nn.max_pool(x[..., None], [1, 2, 3, 1], [1, 1, 2, 1], "VALID"), "resize": lambda: tf.image.resize(x[..., None], (3, 8)),
        "resize_nearest": lambda: tf.image.resize(x[..., None], (7, 2), method="nearest"),
        "rsqrt": lambda: tf.math.rsqrt(p()), "exp": lambda: tf.exp(x), "log": lambda: tf.math.log(p()), "log1p": lambda: tf.math.log1p(p()),
        "square": lambda: tf.square(x), "reciprocal": lambda: tf.math.reciprocal(p()), "sin": lambda: tf.sin(x), "tanh": lambda: tf.tanh(x), "erf": lambda: tf.math.erf(x),
        "sign": lambda: tf.sign(x), "floor": lambda: tf.floor(x), "round": lambda: tf.round(x), "sigmoid": lambda: tf.sigmoid(x), "softplus": lambda: tf.nn.softplus(x),
        "softsign": lambda: tf.nn.softsign(x), "relu": lambda: tf.nn.relu(x), "relu6": lambda: tf.nn.relu6(x), "leaky_relu": lambda: tf.nn.leaky_relu(x, alpha=0.1),
        "leaky_relu_default": lambda: tf.nn.leaky_relu(x), "elu": lambda: tf.nn.elu(x), "selu": lambda: tf.nn.selu(x), "gelu": lambda: tf.nn.gelu(x), "silu": lambda: tf.nn.silu(x),
        "softmax": lambda: tf.nn.softmax(x), "softmax_axis": lambda: tf.nn.softmax(x, axis=1), "log_softmax": lambda: tf.nn.log_softmax(x),
        "l2_normalize": lambda: tf.math.l2_normalize(x, axis=-1), "item_slice": lambda: x[:, 1:3], "item_step": lambda: x[..., ::2],
        "item_new_axis": lambda: x[:, None, :, -1], "item_batch": lambda: x[0], "item_reversed": lambda: x[:, ::-1], "item_last": lambda: x[..., 0],
        "backend_mean": lambda: b.mean(x, axis=1), "backend_sum": lambda: b.sum(x, axis=-1, keepdims=True), "backend_clip": lambda: b.clip(x, 0, 1),
        "backend_concatenate": lambda: b.concatenate([x, z]), "backend_hard_sigmoid": lambda: b.hard_sigmoid(x), "backend_batch_dot": lambda: b.batch_dot(x, z, axes=(2, 2)),
        "activation_swish": lambda: keras.activations.swish(x), "array": lambda: x + tf.constant([1.0, 2, 3, 4, 5, 6]),
    }


def main():
    generator = np.random.default_rng(5)
    values = {}
    for name, shape in (("x", (2, 4, 6)), ("z", (2, 4, 6)), ("m", (2, 6, 3))):
        # No zeros, halves or whole numbers near: functions have kinks and steps there.
        drawn = np.round(generator.uniform(-1.9, 1.9, shape), 2) + 0.003
        values[name] = drawn.astype("float32")
    inputs = {name: keras.Input(value.shape[1:], name=name) for name, value in values.items()}
    make = keras3_cases if IS_KERAS_3 else tensorflow_cases
    cases = []
    for name, build in make(*inputs.values()).items():
        if IS_GRAPH and name in NOT_IN_GRAPH:
            continue
        output = build()
        used = [key for key in inputs if f'["{key}", 0, 0' in keras.Model(list(inputs.values()), output).to_json().split('"input_layers"')[0]]
        model = keras.Model([inputs[key] for key in used], output)
        result = np.asarray(model.predict([values[key] for key in used], verbose=0) if IS_GRAPH
                            else model([tf.constant(values[key]) for key in used]))
        cases.append({"name": name, "inputs": used, "model": json.loads(model.to_json()), "shape": list(result.shape),
                      "dtype": str(result.dtype), "output": [float(f"{v:.9g}") for v in result.astype("float64").ravel()]})
    content = {"inputs": {name: {"shape": value.shape, "values": [float(f"{v:.9g}") for v in value.ravel()]} for name, value in values.items()}, "cases": cases}
    with open(sys.argv[1], "w", encoding="ascii") as file:
        json.dump(content, file, separators=(",", ":"))
        file.write("\n")
    print(len(cases), "cases")


if __name__ == "__main__":
    main()
