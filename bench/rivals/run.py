#!/usr/bin/env python3
"""Times Sepal beside TensorFlow, PyTorch, ONNX Runtime, OpenVINO, LiteRT and hand-called oneDNN; see README.md.

Writes OUT.json and, from it, OUT.md. Systems that are not installed are skipped with a line.
"""
import argparse
import json
import os
import pathlib
import sys

import contest
import fashion_mnist_epoch
import problems
import starts
import steps
import tables

HERE = pathlib.Path(__file__).resolve().parent
PYTHON_LAYERS = {"TensorFlow": ("tensorflow", "caller"), "PyTorch": ("torch", "caller"), "ONNX Runtime": ("onnxruntime", "planes"),
                 "OpenVINO": ("openvino", "caller"), "OpenVINO NCHW": ("openvino_planes", "planes"), "LiteRT": ("litert", "caller")}
PYTHON_MODELS = {"Keras predict": "keras", "TensorFlow function": "tensorflow", "ONNX Runtime": "onnxruntime", "OpenVINO": "openvino",
                 "LiteRT": "litert"}
# Two for each multiply-add of the convolutions and matrix products at the sizes of make_models.py.
MODEL_FLOPS = {"mobilenet": 1.137e9, "xception": 16.79e9, "nasnet": 1.13e9}
WHAT = ("forward", "training", "conv", "models", "start", "steps", "epoch")


def layer_commands(build):
    commands = {tables.OURS: ([str(build / "sepal_contender")], "caller"), "oneDNN": ([str(build / "onednn_rival"), "plain"], "caller"),
                "oneDNN own formats": ([str(build / "onednn_rival"), "own"], "own")}
    for name, (system, layout) in PYTHON_LAYERS.items():
        commands[name] = ([sys.executable, str(HERE / "layer_rivals.py"), system], layout)
    return commands


def model_commands(build):
    commands = {tables.OURS: ([str(build / "model_contender")], "caller")}
    for name, system in PYTHON_MODELS.items():
        commands[name] = ([sys.executable, str(HERE / "model_rivals.py"), system], "caller")
    return commands


def layer_problems(arguments):
    kinds = [kind for what, kind in (("forward", "sep"), ("conv", "conv"), ("training", "train")) if what in arguments.what]
    for kind in kinds:
        batches = arguments.batches or {"sep": [1, 8], "conv": [1], "train": [8, 32]}[kind]
        for batch in batches:
            for shape in problems.SHAPES:
                wanted = shape["training"] if kind == "train" else shape["group"] != "fashion"
                if wanted and any(part in shape["name"] for part in arguments.only.split(",")):
                    yield dict(shape, kind=kind, n=batch)


def model_problems(arguments):
    for batch in arguments.batches or [1]:
        for model, flops in MODEL_FLOPS.items():
            if any(part in model for part in arguments.only.split(",")):
                yield {"kind": "model", "name": model, "model": model, "n": batch, "flops": flops * batch}


def hold(arguments, commands, some_problems, result, save):
    """One contest; its rows go into `result`."""
    some_problems = list(some_problems)
    if not some_problems:
        return
    processors = arguments.processors or set(sorted(os.sched_getaffinity(0))[:arguments.threads])
    chosen = arguments.systems.split(",") if arguments.systems else list(commands)
    everybody = []
    for name, (command, layout) in commands.items():
        if name != tables.OURS and name not in chosen:
            continue
        if not pathlib.Path(command[0]).exists():
            result["skipped"].append(f"{name}: {command[0]} is not built")
            continue
        contender = contest.Contender(name, command, layout, arguments.threads, processors)
        if contender.missing:
            result["skipped"].append(f"{name}: not installed ({contender.missing})")
        else:
            result["versions"][name] = contender.version
            everybody.append(contender)
    if not everybody or everybody[0].name != tables.OURS:
        sys.exit("Build Sepal's contenders first; see README.md.")
    judge = contest.Contender("judge", commands[tables.OURS][0], "caller", arguments.threads, processors)
    match = contest.Contest(everybody, judge, arguments.rounds, arguments.min_time)
    for problem in some_problems:
        row = match.run(problem)
        result["rows"].append(row)
        print(f"{problem['kind']} {problem['name']} n{problem['n']} ({row['seconds']:.0f} s): " +
              ", ".join(f"{name} {c['ms']:.3f}" for name, c in row["contenders"].items() if "ms" in c), flush=True)
        save()
    for contender in everybody + [judge]:
        contender.end()


def processor_name():
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        return next((l.split(":", 1)[1].strip() for l in info if l.startswith("model name")), "unknown")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="*", metavar="WHAT", help=f"of {', '.join(WHAT)}; default: forward training conv")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--processors", type=lambda t: set(map(int, t.split(","))), help="which to run on; default: the first")
    parser.add_argument("--batches", type=lambda t: list(map(int, t.split(","))), help="default: 1,8 forward; 8,32 training; 1 conv, models")
    parser.add_argument("--only", default="", help="parts of names of shapes or models, separated by commas")
    parser.add_argument("--systems", help="names as in the table, separated by commas; default: all")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--min-time", type=float, default=0.06, help="seconds of a sample")
    parser.add_argument("--build", type=pathlib.Path, default=HERE.parents[1] / "build/release/bench", help="folder of the built programs")
    parser.add_argument("--models", type=pathlib.Path, default=HERE.parents[1] / "build/bench_models", help="folder of make_models.py")
    parser.add_argument("--out", type=pathlib.Path, default=HERE.parents[1] / "build/rivals")
    arguments = parser.parse_args()
    arguments.what = arguments.what or ["forward", "training", "conv"]
    unknown = set(arguments.what) - set(WHAT)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    os.environ["BENCH_MODELS"] = str(arguments.models)
    result = {"processor": processor_name(), "threads": arguments.threads, "rounds": arguments.rounds, "versions": {}, "skipped": [], "rows": []}

    def save():
        arguments.out.with_suffix(".json").write_text(json.dumps(result, indent=1))
        arguments.out.with_suffix(".md").write_text(tables.markdown(result))

    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    hold(arguments, layer_commands(arguments.build), layer_problems(arguments), result, save)
    if "models" in arguments.what:
        hold(arguments, model_commands(arguments.build), model_problems(arguments), result, save)
    if "start" in arguments.what:
        result["starts"] = starts.measure(arguments.build, arguments.models, arguments.rounds)
    if "steps" in arguments.what:
        result["steps"] = steps.measure(arguments.build, arguments.models, arguments.threads, arguments.rounds)
    if "epoch" in arguments.what:
        result["epochs"] = fashion_mnist_epoch.measure(arguments.build / "fashion_mnist_epoch", arguments.threads, 1)
    save()
    print(f"wrote {arguments.out.with_suffix('.md')} and {arguments.out.with_suffix('.json')}")
    for reason in result["skipped"]:
        print(f"skipped: {reason}")


if __name__ == "__main__":
    main()
