"""The Python side of bench/line_protocol.h: one contender is one process that answers JSON lines."""
import gc
import json
import os
import sys
import time
import traceback

THREADS = int(os.environ.get("BENCH_THREADS", "1"))


def take_standard_output():
    """Standard output for answers alone: what libraries print goes to standard error."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    return answers


def limit_threads():
    """Before the first import of a library that reads these."""
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = str(THREADS)
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def memory_in_mib(field):
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(field)) / 1024


def time_calls(run, min_seconds, min_calls):
    run()
    milliseconds, clock = [], time.perf_counter
    end = clock() + min_seconds
    gc.disable()
    while True:
        start = clock()
        run()
        stop = clock()
        milliseconds.append((stop - start) * 1e3)
        if stop > end and len(milliseconds) >= min_calls:
            gc.enable()
            return milliseconds


def first_answer(prepare, check, request):
    """The prepared call, and the answer about its results and its memory."""
    gc.collect()
    try:
        with open("/proc/self/clear_refs", "w", encoding="ascii") as reset:
            reset.write("5")
    except OSError:
        pass
    before = memory_in_mib("VmRSS")
    run, results = prepare(request)
    value = run()
    run()
    grown = memory_in_mib("VmHWM") - before
    return run, {"ok": True, "rss_delta_mb": grown, "check": [check(array) for array in results(value)]}


def answer_requests(out, version, prepare, check, drop=lambda: None):
    """`out` is that of take_standard_output. `prepare` gives a call, and a function from the call's value to arrays in
    the caller's layout."""
    out.write(json.dumps({"ready": True, "version": version}) + "\n")
    runs = {}
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"ok": True}
            if request["op"] == "drop":
                runs.clear()
                drop()
                gc.collect()
            else:
                key = (request["kind"], request["name"], request["n"])
                if key not in runs:
                    runs[key], answer = first_answer(prepare, check, request)
                if request["min_time"] > 0:
                    answer["times_ms"] = time_calls(runs[key], request["min_time"], request["min_iters"])
        except Exception as error:  # whatever a rival raises is its answer
            traceback.print_exc()
            answer = {"ok": False, "error": f"{type(error).__name__}: {error}"[:300]}
        out.write(json.dumps(answer) + "\n")
