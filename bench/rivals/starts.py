"""From the start of a process to the first prediction of MobileNet: seconds and peak memory of the whole process."""
import os
import statistics
import subprocess
import sys
import time

IMAGE = "import numpy; x = numpy.full((1, 224, 224, 3), .5, numpy.float32);"
PYTHON = {
    "Keras on TensorFlow, .keras": IMAGE + "import keras; print(keras.models.load_model({path!r} + '.keras', compile=False).predict(x, verbose=0)[0, 0])",
    "Keras on TensorFlow, .h5": IMAGE + "import keras; print(keras.models.load_model({path!r} + '.h5', compile=False).predict(x, verbose=0)[0, 0])",
    "ONNX Runtime, .onnx": IMAGE + "import onnxruntime as o; s = o.InferenceSession({path!r} + '.onnx', providers=['CPUExecutionProvider']); "
                                   "print(s.run(None, {{s.get_inputs()[0].name: x}})[0][0, 0])",
    "OpenVINO, .onnx": IMAGE + "import openvino; print(openvino.Core().compile_model({path!r} + '.onnx', 'CPU')(x)[0][0, 0])",
    "LiteRT, .tflite": IMAGE + "from ai_edge_litert.interpreter import Interpreter; i = Interpreter({path!r} + '_1.tflite', num_threads=1); "
                               "i.allocate_tensors(); i.set_tensor(i.get_input_details()[0]['index'], x); i.invoke(); "
                               "print(i.get_tensor(i.get_output_details()[0]['index'])[0, 0])",
    "Python and numpy alone": IMAGE,
}


def run_once(command):
    """Seconds and peak MiB; None if it failed."""
    environment = dict(os.environ, CUDA_VISIBLE_DEVICES="", TF_CPP_MIN_LOG_LEVEL="3", OMP_NUM_THREADS="1")
    processor = {min(os.sched_getaffinity(0))}
    start = time.monotonic()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               preexec_fn=lambda: os.sched_setaffinity(0, processor))
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    return (seconds, usage.ru_maxrss / 1024) if process.returncode == 0 else None


def measure(build, models, rounds):
    """name -> {"seconds", "memory_mib"}, the least and the median; those that fail are left out."""
    path = str(models / "mobilenet")
    commands = {f"Sepal, {ending}": [str(build / "first_prediction"), path + ending] for ending in (".keras", ".h5")}
    commands |= {name: [sys.executable, "-c", code.format(path=path)] for name, code in PYTHON.items()}
    taken = {name: [] for name in commands}
    # The first round brings the files into memory.
    for turn in range(rounds + 1):
        for name, command in commands.items():
            sample = run_once(command) if turn == 0 or taken[name] else None
            if sample and turn <= 1:
                taken[name] = [sample]
            elif sample:
                taken[name].append(sample)
    result = {}
    for name, samples in taken.items():
        if not samples:
            print(f"skipped: {name}: it did not run")
            continue
        result[name] = {"seconds": min(s[0] for s in samples), "memory_mib": statistics.median(s[1] for s in samples)}
        print(f"{name}: {result[name]['seconds']:.3f} s, {result[name]['memory_mib']:.0f} MiB", flush=True)
    return result
