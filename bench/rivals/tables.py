#!/usr/bin/env python3
"""From the rows of a contest to markdown.

usage: tables.py PAGE FILE.json…     puts each file's tables into the page, between the lines <!-- FILE --> and
                                     <!-- end of FILE -->
"""
import json
import math
import pathlib
import re
import sys

import problems

OURS = "Sepal"
TITLES = {"sep": "Layer, forward", "train": "Layer, training step (forward and all gradients)", "conv": "Conv2D of the same sizes, forward",
          "model": "Whole models, predict"}
# Geometric means are taken over all rows, and over these groups of shapes.json.
MEANS = [("", ()), (", MobileNet and Xception", ("mobilenet", "xception")), (", odd", ("odd",)), (", Fashion-MNIST", ("fashion",))]
MEMORY = ("memory_mib", "peak memory, MiB", "{:.0f}")
PROCESSES = [("starts", "From the start of a process to the first prediction of MobileNet", [("seconds", "seconds", "{:.3f}"), MEMORY]),
             ("steps", "Training step, MobileNet with a quarter of the channels, 16 images", [("ms", "ms", "{:.0f}"), MEMORY]),
             ("epochs", "Training epoch of the Fashion-MNIST example", [("seconds", "seconds", "{:.1f}"), ("accuracy", "accuracy", "{:.3f}")])]


def mean_ratio(ratios):
    ratios = [r for r in ratios if r]
    return math.exp(sum(map(math.log, ratios)) / len(ratios)) if ratios else None


def text(number, form="{:.2f}"):
    return "–" if number is None else form.format(number)


def milliseconds(row, name):
    return row["contenders"].get(name, {}).get("ms")


def best_rival(row, callers_layout):
    return min((c["ms"] for name, c in row["contenders"].items()
                if name != OURS and "ms" in c and (c["in_callers_layout"] or not callers_layout)), default=None)


def ratio_to(row, rival_ms):
    ours = milliseconds(row, OURS)
    return rival_ms / ours if ours and rival_ms else None


def those_with(rows, figure):
    """Names of the contenders that have this figure in any row."""
    return [name for name in rows[0]["contenders"] if any(row["contenders"][name].get(figure) is not None for row in rows)]


def line(cells):
    return "| " + " | ".join(cells) + " |"


def speed_table(rows, flops_of):
    """One line for each problem, and the geometric means of the ratios; above 1: Sepal is faster."""
    rivals = [name for name in those_with(rows, "ms") if name != OURS]
    head = ["", "GFLOP/s", "of peak", f"{OURS} ms"] + [f"{name} ms" for name in rivals] + ["best rival, same layout ÷ ours", "best rival ÷ ours"]
    lines = [line(head), line(["---"] + ["---:"] * (len(head) - 1))]
    for row in rows:
        ours = milliseconds(row, OURS)
        speed = flops_of(row["problem"]) / ours * 1e-6 if ours else None
        marks = {name: "~" if c.get("noisy") else "" for name, c in row["contenders"].items()}
        lines.append(line([row["problem"]["name"], text(speed, "{:.0f}"), text(speed and speed / row["peak_gflops"], "{:.0%}"),
                           text(ours, "{:.3f}") + marks.get(OURS, "")]
                          + [text(milliseconds(row, name), "{:.3f}") + marks[name] for name in rivals]
                          + [text(ratio_to(row, best_rival(row, True))), text(ratio_to(row, best_rival(row, False)))]))
    for title, groups in MEANS:
        some = [row for row in rows if not groups or row["problem"].get("group") in groups]
        if not some or (groups and len(some) == len(rows)):
            continue
        shares = [flops_of(row["problem"]) / milliseconds(row, OURS) * 1e-6 / row["peak_gflops"] for row in some if milliseconds(row, OURS)]
        lines.append(line([f"**geometric mean{title}**", "", text(mean_ratio(shares), "{:.0%}"), "× ours"]
                          + [text(mean_ratio([ratio_to(row, milliseconds(row, name)) for row in some])) for name in rivals]
                          + [text(mean_ratio([ratio_to(row, best_rival(row, same)) for row in some])) for same in (True, False)]))
    return lines


def gain_table(forwards, convolutions):
    """What the smaller number of operations brings: time of a Conv2D over our time, against the ratio of operations."""
    pairs = [(row, conv) for row in forwards for conv in convolutions
             if all(row["problem"][key] == conv["problem"][key] for key in ("name", "n")) and milliseconds(row, OURS)]
    if not pairs:
        return []
    head = ["", "operations, Conv2D ÷ separable", "our Conv2D ÷ ours", "share", "fastest Conv2D ÷ ours", "share"]
    lines = [line(head), line(["---"] + ["---:"] * 5)]
    own_shares, best_shares = [], []
    for row, conv in pairs:
        theory = problems.flops(row["problem"], "conv") / problems.flops(row["problem"], "sep")
        own = ratio_to(row, milliseconds(conv, OURS))
        fastest = ratio_to(row, min((c["ms"] for c in conv["contenders"].values() if "ms" in c), default=None))
        own_shares.append(own and own / theory)
        best_shares.append(fastest and fastest / theory)
        lines.append(line([row["problem"]["name"], text(theory), text(own), text(own_shares[-1]), text(fastest), text(best_shares[-1])]))
    lines.append(line(["**geometric mean**", "", "", text(mean_ratio(own_shares)), "", text(mean_ratio(best_shares))]))
    return lines


def memory_table(rows):
    """Growth of the process during the first two steps over the bytes of the tensors that the caller sees."""
    names = those_with(rows, "memory_mib")
    lines = [line(["", "tensors, MiB"] + names), line(["---"] + ["---:"] * (len(names) + 1))]
    for row in rows:
        tensors = problems.tensor_bytes(row["problem"]) / 2**20
        grown = [row["contenders"][name].get("memory_mib") for name in names]
        lines.append(line([row["problem"]["name"], text(tensors, "{:.1f}")] + [text(g and g / tensors) for g in grown]))
    return lines


def figure_table(figures, heads):
    """Of what is measured in processes of their own: name -> {key: number}; `heads` are (key, title, format)."""
    lines = [line([""] + [title for _, title, _ in heads] + ["÷ ours"]), line(["---"] + ["---:"] * (len(heads) + 1))]
    main = heads[0][0]
    ours = next((f[main] for name, f in figures.items() if name.startswith(OURS)), None)
    for name, numbers in figures.items():
        lines.append(line([name] + [text(numbers.get(key), form) for key, _, form in heads] + [text(ours and numbers[main] / ours)]))
    return lines


def gains_of_threads(one, two):
    """Our time with one thread over that with more, for the problems that both runs have."""
    other = {(p["kind"], p["n"], p["name"]): milliseconds(row, OURS) for row in two["rows"] for p in [row["problem"]]}
    gains = {}
    for row in one["rows"]:
        p = row["problem"]
        key = (p["kind"], p["n"], p["name"])
        if other.get(key) and milliseconds(row, OURS):
            gains.setdefault((p["kind"], p["n"]), []).append(milliseconds(row, OURS) / other[key])
    lines = [line(["", "least", "geometric mean", "most"]), line(["---", "---:", "---:", "---:"])]
    for (kind, batch), ratios in gains.items():
        lines.append(line([f"{TITLES[kind]}, batch {batch}"] + [text(f(ratios)) for f in (min, mean_ratio, max)]))
    return lines if gains else []


def markdown(result):
    """The whole report."""
    out = ["# Sepal beside other systems", "",
           f"Processor: {result['processor']}. {result['threads']} thread(s). Least of {result['rounds']} rounds, in turns, in one run; "
           "`~`: the processor was not quiet during at least one sample; `–`: not supported or not run. A ratio above 1 means "
           "that Sepal is faster. Percentages are of what fused multiply-adds in registers reached in the same run. "
           "“Same layout”: the rival's images are in the layout that the caller has, as ours are.", ""]
    out += [f"* {name}: {version}" for name, version in result["versions"].items()]
    for reason in result["skipped"]:
        out.append(f"* {reason}")
    rows = result["rows"]
    for kind, batch in dict.fromkeys((row["problem"]["kind"], row["problem"]["n"]) for row in rows):
        some = [row for row in rows if (row["problem"]["kind"], row["problem"]["n"]) == (kind, batch)]
        flops_of = (lambda p: p["flops"]) if kind == "model" else problems.flops
        out += ["", f"## {TITLES[kind]}, batch {batch}", ""] + speed_table(some, flops_of)
        if kind == "train":
            out += ["", "Memory of the first steps, × the tensors that the caller sees:", ""] + memory_table(some)
    gains = gain_table(*([row for row in rows if row["problem"]["kind"] == kind] for kind in ("sep", "conv")))
    if gains:
        out += ["", "## Realised and theoretical gain over Conv2D", ""] + gains
    for key, title, heads in PROCESSES:
        if result.get(key):
            out += ["", f"## {title}", ""] + figure_table(result[key], heads)
    errors = {(name, c["error"]) for row in rows for name, c in row["contenders"].items() if "error" in c}
    out += ["", "## What did not run", ""] + [f"* {name}: {error}" for name, error in sorted(errors)] if errors else []
    return "\n".join(out) + "\n"


def put_into(page, name, lines):
    """The page with `lines` between its two marks of this name; unchanged if it has none."""
    return re.sub(rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)", lambda m: f"{m[1]}\n{lines.strip()}\n\n{m[2]}", page, flags=re.S)


def main():
    path, results = pathlib.Path(sys.argv[1]), {pathlib.Path(f).stem: json.loads(pathlib.Path(f).read_text()) for f in sys.argv[2:]}
    page = path.read_text()
    for name, result in results.items():
        # The page has its own title.
        tables = markdown(result).split("\n", 2)[2].replace("\n## ", "\n### ")
        page = put_into(page, name, tables)
    one, two = ([r for r in results.values() if r["threads"] == threads and r["rows"]] for threads in (1, 2))
    gains = [l for a in one for b in two for l in gains_of_threads(a, b)]
    if gains:
        page = put_into(page, "threads", "\n".join(gains))
    path.write_text(page)


if __name__ == "__main__":
    main()
