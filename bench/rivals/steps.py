#!/usr/bin/env python3
"""Training steps of a MobileNet of a quarter of the channels on 16 images of 224x224: milliseconds and peak memory.

run.py calls `measure`; as a program (steps.py MODEL THREADS STEPS, KERAS_BACKEND set) this is the Keras side of it.
"""
import json
import os
import resource
import subprocess
import sys
import time

STEPS = 12


def train_in_keras(path, threads, steps):
    import answering
    answering.limit_threads()
    answers = answering.take_standard_output()
    if os.environ["KERAS_BACKEND"] == "torch":
        import torch
        torch.set_num_threads(threads)
    else:
        import tensorflow as tf
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    import keras
    import numpy as np
    import problems
    model = keras.models.load_model(path)
    x = problems.hashed((16, 224, 224, 3), 1)
    labels = (np.arange(16) * 37 % 1000).astype("int32")
    model.train_on_batch(x, labels)
    milliseconds = []
    for _ in range(steps):
        start = time.perf_counter()
        model.train_on_batch(x, labels)
        milliseconds.append((time.perf_counter() - start) * 1e3)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    answers.write(json.dumps({"ms": milliseconds, "memory_mib": memory}) + "\n")


def measure(build, models, threads, rounds):
    """name -> {"ms": least, "memory_mib"}; those that fail are left out."""
    arguments = [str(models / "mobilenet_quarter.keras"), str(threads), str(STEPS)]
    keras = [sys.executable, __file__] + arguments
    commands = {"Sepal": ([str(build / "model_step")] + arguments, {}),
                "Keras on TensorFlow": (keras, {"KERAS_BACKEND": "tensorflow"}), "Keras on PyTorch": (keras, {"KERAS_BACKEND": "torch"})}
    processors = set(sorted(os.sched_getaffinity(0))[:threads])
    result = {}
    for _ in range(rounds):
        for name, (command, extra) in commands.items():
            environment = dict(os.environ, BENCH_THREADS=str(threads), OMP_NUM_THREADS=str(threads), **extra)
            try:
                taken = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                       text=True, preexec_fn=lambda: os.sched_setaffinity(0, processors))
            except (subprocess.CalledProcessError, FileNotFoundError) as error:
                print(f"skipped: training step, {name}: {error}")
                continue
            answer = json.loads(taken.stdout.strip().splitlines()[-1])
            best = result.setdefault(name, {"ms": min(answer["ms"]), "memory_mib": answer["memory_mib"]})
            best["ms"] = min(best["ms"], *answer["ms"])
            print(f"training step, {name}: {best['ms']:.0f} ms, {best['memory_mib']:.0f} MiB", flush=True)
    return result


if __name__ == "__main__":
    train_in_keras(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
