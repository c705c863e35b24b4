// How a contender talks to the script that times it: one JSON object a line, in and out.
//
// After the line {"ready": true, "version": …} of the contender, each line asks:
//   {"op": "bench", "kind": …, "name": …, "n": …, "min_time": seconds, "min_iters": calls, …}
// The first request of a (kind, name, n) prepares the problem, runs it and answers with "check", two numbers
// of each result, and "rss_delta_mb", the memory that preparing and running took. A min_time above 0 also
// gives "times_ms", one for each call. {"op": "peak"} is answered with "gflops", what fused multiply-adds in
// registers reach now; {"op": "drop"} frees everything that was prepared. What goes wrong is answered by
// {"ok": false, "error": …}.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "sepal/base/config.h"
#include "sepal/base/tensor.h"

namespace sepal::bench {

/// A problem made ready.
struct Entry {
  /// One sample.
  std::function<void()> run;
  /// Runs once more and returns the results in the caller's layout.
  std::function<Tensors()> results;

  /// Of a call that returns its results.
  static Entry from(const std::function<Tensors()>& call) {
    return {[call] { call(); }, call};
  }
};

/// Answers standard input on standard output until it ends. Threads: the environment variable BENCH_THREADS,
/// or 1.
void answer_requests(const std::string& version, const std::function<Entry(const Json& request)>& prepare);

}  // namespace sepal::bench
