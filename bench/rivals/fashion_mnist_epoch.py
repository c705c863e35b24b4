#!/usr/bin/env python3
"""Times the training epoch of ./run's model in Sepal, in Keras on TensorFlow and in a PyTorch loop, in turns, in one run.

  cmake --preset release -DSEPAL_BUILD_BENCH=ON && cmake --build --preset release --target fashion_mnist_epoch
  python bench/rivals/fashion_mnist_epoch.py [--threads 2] [--rounds 1] [--program build/release/bench/fashion_mnist_epoch]

All train on all 60,000 pictures with batches of 128. A first epoch compiles graphs and fills caches: each process trains
two epochs and the second one counts. Accuracy: of the last epoch on what it trained with.
"""
import argparse
import gzip
import json
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
EPOCHS = 2
BATCH = 128


def pictures():
    """Images (60000, 28, 28, 1) of 0 to 255, and their labels."""
    import numpy as np
    folder = pathlib.Path(os.environ.get("SEPAL_DATA") or "/usr/share/datasets/fashion-mnist")

    def read(name, offset):
        return np.frombuffer(gzip.open(folder / name).read(), np.uint8, offset=offset)

    x = read("train-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28, 1).astype("float32")
    return x, read("train-labels-idx1-ubyte.gz", 8).astype("int32")


def limit_threads(threads):
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"):
        os.environ[name] = str(threads)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["CUDA_VISIBLE_DEVICES"] = ""


def train_in_keras(threads):
    import keras
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    keras.utils.set_random_seed(0)
    layers = keras.layers
    x, y = pictures()

    def normalized(t):
        return layers.BatchNormalization(momentum=0.9)(t)

    def relu(t):
        return layers.Activation("relu")(t)

    def separable(t, filters):
        return layers.SeparableConv2D(filters, 3, padding="same", use_bias=False)(t)

    image = keras.Input((28, 28, 1))
    t = layers.Rescaling(1 / 255)(image)
    t = relu(normalized(layers.Conv2D(16, 3, padding="same", use_bias=False)(t)))
    for filters in (32, 64):
        shortcut = normalized(layers.Conv2D(filters, 1, strides=2, use_bias=False)(t))
        t = relu(normalized(separable(t, filters)))
        t = normalized(separable(t, filters))
        t = layers.MaxPooling2D(3, strides=2, padding="same")(t)
        t = relu(layers.Add()([t, shortcut]))
    t = relu(normalized(separable(t, 128)))
    t = layers.Dropout(0.25)(layers.GlobalAveragePooling2D()(t))
    model = keras.Model(image, layers.Dense(10)(t))
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    seconds = []
    for _ in range(EPOCHS):
        start = time.perf_counter()
        history = model.fit(x, y, batch_size=BATCH, verbose=0)
        seconds.append(time.perf_counter() - start)
    return seconds, history.history["accuracy"][-1]


def train_in_torch(threads):
    """The loop that somebody who knows PyTorch writes: channels_last, no data loader, no copies that can be avoided."""
    import torch
    from torch import nn

    torch.set_num_threads(threads)
    torch.manual_seed(0)

    def normalized(channels):
        return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.1)

    def separable(channels, filters):
        return nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False),
                             nn.Conv2d(channels, filters, 1, bias=False))

    class Block(nn.Module):
        def __init__(self, channels, filters, size):
            super().__init__()
            # Keras pads an even length behind, where PyTorch would pad in front.
            pad = (0, 1, 0, 1) if size % 2 == 0 else (1, 1, 1, 1)
            self.body = nn.Sequential(separable(channels, filters), normalized(filters), nn.ReLU(), separable(filters, filters),
                                      normalized(filters), nn.ConstantPad2d(pad, float("-inf")), nn.MaxPool2d(3, 2))
            self.shortcut = nn.Sequential(nn.Conv2d(channels, filters, 1, stride=2, bias=False), normalized(filters))

        def forward(self, t):
            return torch.relu(self.body(t) + self.shortcut(t))

    model = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1, bias=False), normalized(16), nn.ReLU(), Block(16, 32, 28), Block(32, 64, 14),
                          separable(64, 128), normalized(128), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.25),
                          nn.Linear(128, 10)).to(memory_format=torch.channels_last)
    for module in model.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.xavier_uniform_(module.weight)
    images, labels = pictures()
    x = torch.from_numpy(images.transpose(0, 3, 1, 2) / 255).contiguous(memory_format=torch.channels_last)
    y = torch.from_numpy(labels).long()
    optimizer = torch.optim.Adam(model.parameters(), 1e-3, eps=1e-7)
    loss_of = nn.CrossEntropyLoss()
    seconds = []
    for _ in range(EPOCHS):
        start, right = time.perf_counter(), 0
        for rows in torch.randperm(len(x)).split(BATCH):
            optimizer.zero_grad(set_to_none=True)
            logits = model(x[rows])
            loss_of(logits, y[rows]).backward()
            optimizer.step()
            right += int((logits.argmax(1) == y[rows]).sum())
        seconds.append(time.perf_counter() - start)
    return seconds, right / len(x)


RIVALS = {"Keras on TensorFlow": train_in_keras, "PyTorch loop": train_in_torch}


def measure(program, threads, rounds):
    """name -> {"seconds" of the best epoch, "accuracy"}; those that fail are left out."""
    commands = {"Sepal": [str(program), str(threads), str(EPOCHS)]}
    commands |= {name: [sys.executable, __file__, "--rival", name, "--threads", str(threads)] for name in RIVALS}
    result = {}
    for _ in range(rounds):
        for name, command in commands.items():
            try:
                taken = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            except (subprocess.CalledProcessError, FileNotFoundError) as error:
                print(f"skipped: {name}: {error}")
                continue
            answer = json.loads(taken.stdout.strip().splitlines()[-1])
            best = result.setdefault(name, {"seconds": answer["seconds"][-1], "accuracy": answer["accuracy"]})
            best["seconds"] = min(best["seconds"], answer["seconds"][-1])
            print(f"epoch, {name}: {best['seconds']:.1f} s (accuracy {best['accuracy']:.3f})", flush=True)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--program", default=str(ROOT / "build/release/bench/fashion_mnist_epoch"))
    parser.add_argument("--rival", choices=RIVALS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.rival:
        limit_threads(arguments.threads)
        seconds, accuracy = RIVALS[arguments.rival](arguments.threads)
        print(json.dumps({"seconds": seconds, "accuracy": accuracy}))
        return
    if not os.access(arguments.program, os.X_OK):
        sys.exit(f"{arguments.program} is missing: build it first (see the head of this script).")
    result = measure(arguments.program, arguments.threads, arguments.rounds)
    for name, figures in result.items():
        if name != "Sepal" and "Sepal" in result:
            print(f"{arguments.threads} thread(s): Sepal is {figures['seconds'] / result['Sepal']['seconds']:.2f} times as fast as {name}")


if __name__ == "__main__":
    main()
