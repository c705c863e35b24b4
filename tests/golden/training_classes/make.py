#!/usr/bin/env python3
"""Makes metrics.json, losses.json and optimizers.json with Keras 3: objects as its files describe them, and what they
compute.

    make.py FOLDER
"""
import json
import sys

import keras
import numpy as np
import tensorflow as tf

m, l, o = keras.metrics, keras.losses, keras.optimizers

DATA = {
    "bits": np.array([[1, 0, 1], [0, 1, 0], [1, 1, 0], [0, 0, 1], [1, 0, 0], [0, 1, 1]], "float64"),
    "probabilities": np.array([[.3, .6, .1], [.8, .15, .05], [.2, .5, .3], [.9, .05, .25], [.55, 0., 1.], [.4, .7, .7]]),
    "logits": np.array([[1.5, -.5, .25], [-2., .75, 3.], [.1, .2, -.3], [4., -1., .5], [.3, -.6, 0.], [-1.2, .9, 2.]]),
    "one_hot": np.eye(3)[[0, 1, 1, 2, 0, 2]],
    "labels": np.array([0, 1, 1, 2, 0, 2], "float64"),
    "guesses": np.array([0, 1, 2, 2, 1, 2], "float64"),
    "column_bits": np.array([[1], [0], [1], [0], [1], [1]], "float64"),
    "column": np.array([[.3], [.8], [.65], [.1], [.55], [.5]]),
    "targets": np.array([[1., 2.], [0.5, -1.], [3., 0.], [2., 2.], [1.5, 1.], [-1., 0.5]]),
    "estimates": np.array([[1.1, 1.5], [0.25, -.5], [2.5, .5], [2., 1.], [1., 1.25], [-.5, .25]]),
    "unit": np.array([[.6, .8], [1., 0.], [.8, .6], [0., 1.], [-.6, .8], [.28, .96]]),
    "weights": np.array([1., .5, 2., 0., 1., 3.]),
    "map": (np.arange(24).reshape(2, 3, 4, 1) * 7 % 5 > 1).astype("float64"),
    "map_shares": (np.arange(24).reshape(2, 3, 4, 1) * 11 % 23 / 22.),
}

METRICS = [
    (m.TruePositives(), "bits", "probabilities"), (m.FalsePositives(thresholds=[.2, .5, .7]), "bits", "probabilities"),
    (m.TrueNegatives(thresholds=.3), "column_bits", "column"), (m.FalseNegatives(thresholds=[0., .5, 1.]), "bits", "probabilities"),
    (m.Precision(), "bits", "probabilities"), (m.Precision(thresholds=[.6, .2]), "bits", "probabilities"),
    (m.Precision(top_k=2), "bits", "probabilities"), (m.Precision(class_id=1, name="p"), "bits", "probabilities"),
    (m.Recall(), "column_bits", "column"), (m.Recall(top_k=1, class_id=0), "one_hot", "probabilities"),
    (m.Recall(thresholds=[.1, .5, .9]), "bits", "probabilities"), (m.Recall(thresholds=[0., .5, 1.], top_k=2), "bits", "probabilities"),
    (m.AUC(), "column_bits", "column"), (m.AUC(num_thresholds=5), "bits", "probabilities"),
    (m.AUC(curve="PR"), "bits", "probabilities"), (m.AUC(curve="PRGAIN", num_thresholds=20), "bits", "probabilities"),
    (m.AUC(curve="PR", summation_method="majoring", num_thresholds=30), "bits", "probabilities"),
    (m.AUC(summation_method="minoring", num_thresholds=30), "bits", "probabilities"),
    (m.AUC(thresholds=[.7, .1, .4]), "bits", "probabilities"), (m.AUC(multi_label=True), "bits", "probabilities"),
    (m.AUC(multi_label=True, num_labels=3, label_weights=[.5, .25, 1.]), "bits", "probabilities"),
    (m.AUC(label_weights=[.5, .25, 1.]), "bits", "probabilities"), (m.AUC(from_logits=True), "bits", "logits"),
    (m.SensitivityAtSpecificity(.5), "bits", "probabilities"), (m.SpecificityAtSensitivity(.6, num_thresholds=1), "bits", "probabilities"),
    (m.PrecisionAtRecall(.4, num_thresholds=50), "bits", "probabilities"), (m.RecallAtPrecision(.6, class_id=2), "bits", "probabilities"),
    (m.F1Score(), "one_hot", "probabilities"), (m.F1Score(average="macro", threshold=.5), "bits", "probabilities"),
    (m.F1Score(average="micro"), "one_hot", "probabilities"), (m.FBetaScore(average="weighted", beta=2.), "one_hot", "probabilities"),
    (m.FBetaScore(beta=.5, threshold=.25), "bits", "probabilities"),
    (m.IoU(3, [0, 2]), "labels", "guesses"), (m.BinaryIoU(threshold=.5), "column_bits", "column"),
    (m.BinaryIoU(target_class_ids=[1], dtype="float32"), "map", "map_shares"), (m.MeanIoU(3), "labels", "guesses"),
    (m.MeanIoU(4, ignore_class=1, dtype="float32"), "labels", "guesses"), (m.MeanIoU(3, sparse_y_pred=False), "labels", "probabilities"),
    (m.OneHotIoU(3, [1]), "one_hot", "probabilities"), (m.OneHotMeanIoU(3, sparse_y_pred=True), "one_hot", "guesses"),
    (m.R2Score(), "targets", "estimates"), (m.R2Score(class_aggregation="variance_weighted_average"), "targets", "estimates"),
    (m.R2Score(class_aggregation=None, num_regressors=2), "targets", "estimates"),
    (m.PearsonCorrelation(axis=0), "targets", "estimates"), (m.PearsonCorrelation(), "bits", "probabilities"),
    (m.ConcordanceCorrelation(), "bits", "probabilities"), (m.ConcordanceCorrelation(axis=0), "targets", "estimates"),
]

# Objects take floatx when they are made.
keras.backend.set_floatx("float64")
LOSSES = [
    (l.BinaryFocalCrossentropy(), "bits", "probabilities"), (l.BinaryFocalCrossentropy(gamma=1.5, from_logits=True), "bits", "logits"),
    (l.BinaryFocalCrossentropy(apply_class_balancing=True, alpha=.4, label_smoothing=.1, reduction="sum"), "column_bits", "column"),
    (l.CategoricalFocalCrossentropy(), "one_hot", "probabilities"),
    (l.CategoricalFocalCrossentropy(alpha=[.25, .5, .375], gamma=3., from_logits=True, label_smoothing=.2), "one_hot", "logits"),
    (l.CategoricalGeneralizedCrossEntropy(), "labels", "probabilities"), (l.CategoricalGeneralizedCrossEntropy(q=.7), "labels", "probabilities"),
    (l.Dice(), "map", "map_shares"), (l.Dice(axis=[1, 2, 3]), "map", "map_shares"), (l.Tversky(), "map", "map_shares"),
    (l.Tversky(alpha=.3, beta=.7, axis=[1, 2]), "map", "map_shares"), (l.Circle(), "labels", "unit"),
    (l.Circle(gamma=20., margin=.25, remove_diagonal=False), "labels", "unit"),
]
keras.backend.set_floatx("float32")

OPTIMIZERS = [
    o.Adafactor(), o.Adafactor(learning_rate=.05, relative_step=False, beta_2_decay=-.6, clip_threshold=.5, weight_decay=.01),
    o.Muon(learning_rate=.02), o.Muon(learning_rate=.02, nesterov=False, ns_steps=4, exclude_layers=["second"], weight_decay=.05),
    o.ScheduleFreeAdamW(learning_rate=.02, warmup_steps=3), o.ScheduleFreeAdamW(learning_rate=.02, weight_decay=.05),
]


def numbers(value):
    return np.asarray(value, "float64").ravel().tolist()


def metric_cases():
    for metric, y_true, y_pred in METRICS:
        case = {"config": keras.saving.serialize_keras_object(metric), "y_true": y_true, "y_pred": y_pred}
        y, p, w = DATA[y_true].astype("float32"), DATA[y_pred].astype("float32"), DATA["weights"].astype("float32")
        metric.update_state(y, p)
        case["plain"] = numbers(metric.result())
        metric.update_state(y[:2], p[:2])
        case["more"] = numbers(metric.result())
        metric.reset_state()
        if len(p) == len(w) and "Correlation" not in type(metric).__name__:
            metric.update_state(y, p, w)
            case["weighted"] = numbers(metric.result())
        yield case


def loss_cases():
    for loss, y_true, y_pred in LOSSES:
        y, w = DATA[y_true], DATA["weights"]
        with tf.GradientTape() as tape:
            p = tf.constant(DATA[y_pred], "float64")
            tape.watch(p)
            value = loss(y, p)
        case = {"config": keras.saving.serialize_keras_object(loss), "y_true": y_true, "y_pred": y_pred,
                "value": float(value), "gradient": numbers(tape.gradient(value, p))}
        if len(DATA[y_pred]) == len(w):
            case["weighted"] = float(loss(y, p, w))
        yield case


def optimizer_cases():
    """Five steps on two layers, with gradients that are functions of the weights and the step."""
    for optimizer in OPTIMIZERS:
        shapes = {"first/kernel": (3, 4), "first/bias": (4,), "second/kernel": (2, 2, 4, 3), "second/scale": ()}
        variables = []
        for path, shape in shapes.items():
            layer, name = path.split("/")
            start = np.cos(np.arange(int(np.prod(shape)))).reshape(shape)
            with keras.name_scope(layer):
                variables.append(keras.Variable(start.astype("float32"), name=name))
        case = {"config": keras.saving.serialize_keras_object(optimizer), "paths": list(shapes),
                "shapes": [list(s) for s in shapes.values()], "start": [numbers(v) for v in variables], "steps": []}
        optimizer.build(variables)
        for step in range(5):
            gradients = [tf.constant(np.sin(3 * v.numpy().astype("float64") + step + i).astype("float32")) for i, v in enumerate(variables)]
            optimizer.apply(gradients, variables)
            case["steps"].append([numbers(v) for v in variables])
        case["state"] = [{"name": v.path, "shape": list(v.shape), "value": numbers(v)} for v in optimizer.variables]
        optimizer.finalize_variable_values(variables)
        case["finalized"] = [numbers(v) for v in variables]
        yield case


def main(folder):
    data = {name: {"shape": list(x.shape), "values": numbers(x)} for name, x in DATA.items()}
    keras.backend.set_floatx("float32")
    for name, cases in (("metrics", metric_cases), ("optimizers", optimizer_cases)):
        with open(f"{folder}/{name}.json", "w") as file:
            json.dump({"data": data, "cases": list(cases())}, file, indent=None, separators=(",", ":"))
    keras.backend.set_floatx("float64")
    with open(f"{folder}/losses.json", "w") as file:
        json.dump({"data": data, "cases": list(loss_cases())}, file, indent=None, separators=(",", ":"))


if __name__ == "__main__":
    main(sys.argv[1])
