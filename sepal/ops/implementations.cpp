#include "sepal/ops/implementations.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

#include "sepal/base/error.h"
#include "sepal/base/trace.h"

namespace sepal::ops {
namespace {

thread_local std::string forced_implementation;

}  // namespace

ForceImplementation::ForceImplementation(std::string name) : previous_(std::move(forced_implementation)) {
  forced_implementation = std::move(name);
}

ForceImplementation::~ForceImplementation() { forced_implementation = std::move(previous_); }

bool implementation_is_forced() { return !forced_implementation.empty(); }

bool tracing_kernels() { return traces("kernels"); }

namespace {

std::string reason_against(const Candidate& candidate, const Candidate& chosen, bool stands_before) {
  if (!candidate.refusal.empty()) return std::string(candidate.refusal);
  if (candidate.cost > chosen.cost && chosen.cost > 0) {
    return fmt::format("costs {:.3g} times as much", candidate.cost / chosen.cost);
  }
  return stands_before || candidate.cost < chosen.cost ? "not forced" : "not needed";
}

}  // namespace

std::size_t choose_implementation(const char* op, std::initializer_list<Candidate> candidates,
                                  const std::string& problem) {
  const Candidate* list = candidates.begin();
  std::size_t chosen = candidates.size();
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (!list[i].refusal.empty()) continue;
    if (chosen == candidates.size() || list[i].cost < list[chosen].cost) chosen = i;
  }
  for (std::size_t i = 0; !forced_implementation.empty() && i < candidates.size(); ++i) {
    if (forced_implementation != list[i].name) continue;
    if (!list[i].refusal.empty()) {
      throw RuntimeError(fmt::format("{}: the implementation '{}' was asked for and refuses: {}", op,
                                     list[i].name, list[i].refusal));
    }
    chosen = i;
  }
  if (tracing_kernels()) {
    std::string reasons;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      if (i == chosen) continue;
      reasons += fmt::format("; {}: {}", list[i].name, reason_against(list[i], list[chosen], i < chosen));
    }
    std::fputs(fmt::format("sepal: {} {}: {}{}\n", op, problem, list[chosen].name, reasons).c_str(), stderr);
  }
  return chosen;
}

}  // namespace sepal::ops
