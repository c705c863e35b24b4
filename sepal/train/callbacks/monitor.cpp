#include "sepal/train/callbacks/monitor.h"

#include <fmt/format.h>

#include <cmath>
#include <iostream>
#include <vector>

#include "sepal/base/error.h"

namespace sepal::callbacks {
namespace {

std::optional<Direction> direction_of(const std::string& mode, const std::string& name,
                                      const TrainingHost& host) {
  if (mode == "min") return Direction::down;
  if (mode == "max") return Direction::up;
  const std::string metric = name.starts_with("val_") ? name.substr(4) : name;
  if (metric == "loss") return Direction::down;
  if (const auto direction = host.metric_direction(metric)) return direction;
  try {
    return Metric(metric).direction();
  } catch (const ValueError&) {
    return std::nullopt;
  }
}

}  // namespace

std::string names_of(const Logs& logs) {
  std::vector<std::string> names;
  for (const auto& [name, value] : logs) names.push_back(name);
  return fmt::format("{}", fmt::join(names, ","));
}

Monitor::Monitor(std::string callback, std::string name, std::string mode, double min_delta)
    : callback_(std::move(callback)),
      name_(std::move(name)),
      mode_(std::move(mode)),
      min_delta_(std::abs(min_delta)) {}

const double* Monitor::value(const Logs& logs) const {
  const double* found = logs.find(name_);
  if (found == nullptr) {
    std::cerr << fmt::format("{}: `{}` is not available. Available metrics are: {}\n", callback_, name_,
                             names_of(logs));
  }
  return found;
}

bool Monitor::is_improvement(double value, const std::optional<double>& reference, const TrainingHost& host) {
  if (!direction_) direction_ = direction_of(mode_, name_, host);
  if (!direction_) {
    throw ValueError(fmt::format(
        "{} callback received monitor={}, and it is not known whether that should be maximized or minimized. "
        "Pass `mode` \"max\" or \"min\".",
        callback_, name_));
  }
  if (!reference) return true;
  return direction_ == Direction::up ? value - min_delta_ > *reference : value + min_delta_ < *reference;
}

}  // namespace sepal::callbacks
