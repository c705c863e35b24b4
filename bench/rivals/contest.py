"""Times contenders in turns, in one run, on the same processors, after checking that they compute the same."""
import json
import os
import statistics
import subprocess
import time

# A sample is taken again (twice at most) if the probe before or after it reached less than this share of the best
# probe so far: something else was using the processor.
QUIET = 0.93
# One more round of somebody this much slower than the best would teach nothing.
HOPELESS = 5


class Contender:
    """A process that answers JSON lines (bench/line_protocol.h). `layout` says in which layout its images are: "caller",
    "planes" (NCHW) or "own" (whatever its kernels like best)."""

    def __init__(self, name, command, layout, threads, processors):
        environment = dict(os.environ, BENCH_THREADS=str(threads), OMP_NUM_THREADS=str(threads), OMP_WAIT_POLICY="passive")
        self.name, self.layout, self.again = name, layout, (name, command, layout, threads, processors)
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                        bufsize=1, env=environment, preexec_fn=lambda: os.sched_setaffinity(0, processors))
        hello = self._read()
        self.version = hello.get("version")
        self.missing = None if hello.get("ready") else hello["error"]

    def _read(self):
        line = self.process.stdout.readline()
        if not line:
            return {"ok": False, "error": f"ended with status {self.process.wait()}"}
        return json.loads(line)

    def ask(self, **request):
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        return self._read()

    def leaves_layout(self, problem):
        """Whether its images are in the layout that the problem asks for."""
        return self.layout == "caller" or (self.layout == "planes" and problem.get("data_format") == "channels_first")

    def end(self):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass  # it ended by itself; its answers say so
        self.process.wait(30)


def agree(check, reference):
    """The mean sizes to a thousandth; the order-sensitive means to two thousandths of the mean size."""
    return len(check) == len(reference) and all(
        abs(a[0] - b[0]) <= 1e-3 * abs(b[0]) and abs(a[1] - b[1]) <= 2e-3 * max(abs(b[0]), abs(b[1]))
        for a, b in zip(check, reference))


def memory_of_first_steps(contender, problem):
    """MiB by which a new process grows over what a tiny problem of the same kind already made it load."""
    fresh = Contender(*contender.again)
    tiny = dict(problem, name="tiny", n=1, h=16, w=16, cin=8, cout=8)
    fresh.ask(op="bench", min_time=0, min_iters=1, **tiny)
    fresh.ask(op="drop")
    answer = fresh.ask(op="bench", min_time=0, min_iters=1, **problem)
    fresh.end()
    return answer.get("rss_delta_mb")


class Contest:
    """`judge` also answers {"op": "peak"}: what fused multiply-adds reach now."""

    def __init__(self, contenders, judge, rounds, min_time):
        self.contenders = [c for c in contenders if not c.missing]
        self.judge, self.rounds, self.min_time = judge, rounds, min_time
        self.best_peak = self.peak = self.probe()

    def probe(self):
        gflops = self.judge.ask(op="peak")["gflops"]
        self.best_peak = max(getattr(self, "best_peak", 0), gflops)
        return gflops

    def prepare(self, problem):
        """name -> answer of everybody who can; those whose results differ from the first one's get an error."""
        answers, reference = {}, None
        for contender in self.contenders:
            answer = contender.ask(op="bench", min_time=0, min_iters=1, **problem)
            if answer.get("ok"):
                reference = reference or answer["check"]
                if not agree(answer["check"], reference):
                    answer = {"ok": False, "error": f"other results: {answer['check']}, not {reference}"}
            answers[contender.name] = answer
        return answers

    def sample(self, contender, problem):
        """Least and median milliseconds, and whether the processor was quiet."""
        tries = []
        while len(tries) < 3:
            before = self.peak
            answer = contender.ask(op="bench", min_time=self.min_time, min_iters=3, **problem)
            self.peak = self.probe()
            if not answer.get("ok"):
                return None
            times = answer["times_ms"]
            tries.append((min(before, self.peak) / self.best_peak, min(times), statistics.median(times)))
            if tries[-1][0] > QUIET:
                break
        quiet, least, median = max(tries)
        return least, median, quiet > QUIET

    def run(self, problem):
        start = time.monotonic()
        answers = self.prepare(problem)
        able = [c for c in self.contenders if answers[c.name].get("ok")]
        samples = {c.name: [] for c in able}
        for turn in range(self.rounds):
            first = turn % max(len(able), 1)
            for contender in able[first:] + able[:first]:
                best = min((s[0] for taken in samples.values() for s in taken), default=0)
                mine = samples[contender.name]
                if mine and mine[0][0] > HOPELESS * best:
                    continue
                taken = self.sample(contender, problem)
                if taken:
                    mine.append(taken)
        row = {"problem": problem, "peak_gflops": self.best_peak, "contenders": {}}
        for contender in self.contenders:
            answer, taken = answers[contender.name], samples.get(contender.name)
            if not taken:
                row["contenders"][contender.name] = {"error": answer.get("error", "no sample")}
                continue
            row["contenders"][contender.name] = {
                "ms": min(s[0] for s in taken), "median_ms": statistics.median(s[1] for s in taken),
                "spread": max(s[0] for s in taken) / min(s[0] for s in taken), "noisy": sum(not s[2] for s in taken),
                "in_callers_layout": contender.leaves_layout(problem)}
            if problem["kind"] == "train":
                row["contenders"][contender.name]["memory_mib"] = memory_of_first_steps(contender, problem)
        for contender in self.contenders:
            contender.ask(op="drop")
        row["seconds"] = round(time.monotonic() - start, 1)
        return row
