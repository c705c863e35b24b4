#include "bench/line_protocol.h"

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "bench/fma_peak.h"
#include "sepal/base/buffer.h"
#include "sepal/base/parallel.h"

namespace sepal::bench {
namespace {

/// Mebibytes of a line of /proc/self/status: "VmRSS:" now, "VmHWM:" at most.
double memory_in_mib(const std::string& line_start) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    double kib = 0;
    if (word == line_start && status >> kib) return kib / 1024;
  }
  return 0;
}

void reset_most_memory() { std::ofstream("/proc/self/clear_refs") << "5"; }

/// Mean of |value|, and a mean in which the order of the values counts.
Json check(const Tensor& tensor) {
  double size = 0, order = 0;
  const std::span<const float> values = tensor.values<float>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double value = values[i];
    size += std::abs(value);
    order += value * (static_cast<double>(i % 7) - 3);
  }
  const auto count = static_cast<double>(values.size());
  return Json::array({size / count, order / count});
}

Json time_calls(const std::function<void()>& run, double min_seconds, std::size_t min_calls) {
  using Clock = std::chrono::steady_clock;
  run();
  Json milliseconds = Json::array();
  const auto end = Clock::now() + std::chrono::duration<double>(min_seconds);
  for (auto stop = Clock::now(); stop < end || milliseconds.size() < min_calls;) {
    const auto start = Clock::now();
    run();
    stop = Clock::now();
    milliseconds.push_back(std::chrono::duration<double, std::milli>(stop - start).count());
  }
  return milliseconds;
}

/// The problems that are ready, by kind, name and batch size.
class Prepared {
 public:
  explicit Prepared(std::function<Entry(const Json&)> prepare) : prepare_(std::move(prepare)) {}

  Json answer(const Json& request) {
    Json result{{"ok", true}};
    if (request.at("op") == "drop") {
      entries_.clear();
      release_cached_buffers();
      return result;
    }
    if (request.at("op") == "peak") {
      result["gflops"] = fma_peak(num_threads()) * 1e-9;
      return result;
    }
    const std::string key = Json::array({request.at("kind"), request.at("name"), request.at("n")}).dump();
    auto entry = entries_.find(key);
    if (entry == entries_.end()) {
      reset_most_memory();
      const double before = memory_in_mib("VmRSS:");
      entry = entries_.emplace(key, prepare_(request)).first;
      entry->second.run();
      entry->second.run();
      result["rss_delta_mb"] = memory_in_mib("VmHWM:") - before;
      result["check"] = Json::array();
      for (const Tensor& tensor : entry->second.results()) result["check"].push_back(check(tensor));
    }
    const double min_time = request.at("min_time").get<double>();
    if (min_time > 0) {
      result["times_ms"] =
          time_calls(entry->second.run, min_time, request.at("min_iters").get<std::size_t>());
    }
    return result;
  }

 private:
  std::function<Entry(const Json&)> prepare_;
  std::map<std::string, Entry> entries_;
};

}  // namespace

void answer_requests(const std::string& version, const std::function<Entry(const Json& request)>& prepare) {
  const char* threads = std::getenv("BENCH_THREADS");
  set_num_threads(threads == nullptr ? 1 : std::atoi(threads));
  std::cout << Json{{"ready", true}, {"version", version}} << std::endl;
  Prepared prepared(prepare);
  for (std::string line; std::getline(std::cin, line);) {
    Json answer;
    try {
      answer = prepared.answer(Json::parse(line));
    } catch (const std::exception& error) {
      answer = {{"ok", false}, {"error", error.what()}};
    }
    std::cout << answer << std::endl;
  }
}

}  // namespace sepal::bench
