// How a contender talks to the script that times it: one JSON object a line, in and out.
//
// After the line {"ready": true, "version": …} of the contender, each line asks:
//   {"op": "bench", "kind": …, "name": …, "n": …, "min_time": seconds, "min_iters": calls, …}
// The first request of a (kind, name, n) prepares the problem, runs it and answers with "check", two numbers
// of each result, and "rss_delta_mb", the memory that preparing and running took. A min_time above 0 also
// gives "times_ms", one for each call. {"op": "drop"} frees everything that was prepared. What goes wrong is
// answered by {"ok": false, "error": …}.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>

#include "sepal/base/config.h"
#include "sepal/base/tensor.h"

namespace sepal::bench {

/// Answers standard input on standard output until it ends. `prepare` makes a request's problem ready; each
/// call of what it returns is one sample. Threads: the environment variable BENCH_THREADS, or 1.
void answer_requests(const std::function<std::function<Tensors()>(const Json& request)>& prepare);

}  // namespace sepal::bench
