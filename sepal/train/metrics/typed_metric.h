// TypedMetric: a metric that keeps more than a mean of values; its Options say what Keras's config says.
#pragma once

#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sepal/train/metrics/metric.h"

namespace sepal::metrics {

/// The part of a metric that follows from its Options: names and config. `result` is the only one of
/// `results`, or their mean.
template <class Options>
class TypedMetric : public MetricBase {
 public:
  double result() const final {
    const std::vector<double> all = results();
    return std::accumulate(all.begin(), all.end(), 0.0) / static_cast<double>(all.size());
  }
  std::optional<Direction> direction() const override { return Direction::up; }
  void put(Json& out, const char* key) const override {
    put_identifier(out, key, MetricFunction::kModule, Options::kName, nullptr,
                   [this](Json& config) { write_options(config, options_); });
  }

 protected:
  explicit TypedMetric(Options options) : MetricBase(options.name), options_(std::move(options)) {}
  const Options& options() const { return options_; }

 private:
  const Options options_;
};

}  // namespace sepal::metrics
