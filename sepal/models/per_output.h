// An argument of `compile` that may be given once, for each output, or by the outputs' names.
#pragma once

#include <concepts>
#include <initializer_list>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "sepal/train/losses/loss.h"
#include "sepal/train/metrics/metric.h"

namespace sepal {

/// `.loss = "mse"`, `.loss = {"mse", "mae"}`, `.loss = std::map<std::string, Loss>{{"out", "mse"}}`. An empty
/// Loss: that output has none.
class LossArgument {
 public:
  LossArgument() = default;
  template <std::convertible_to<Loss> L>
  LossArgument(L loss) : losses_{Loss(std::move(loss))}, is_single_(true) {}  // NOLINT: one for all outputs
  LossArgument(std::initializer_list<Loss> losses) : losses_(losses) {}
  LossArgument(std::vector<Loss> losses) : losses_(std::move(losses)) {}               // NOLINT
  LossArgument(std::map<std::string, Loss> by_name) : by_name_(std::move(by_name)) {}  // NOLINT

  bool empty() const { return losses_.empty() && by_name_.empty(); }
  bool is_single() const { return is_single_; }
  const std::vector<Loss>& losses() const { return losses_; }
  const std::map<std::string, Loss>& by_name() const { return by_name_; }

 private:
  std::vector<Loss> losses_;
  std::map<std::string, Loss> by_name_;
  bool is_single_ = false;
};

/// `.metrics = {"accuracy", "mae"}`, or a list for each output, or lists by the outputs' names.
class MetricsArgument {
 public:
  MetricsArgument() = default;
  MetricsArgument(std::initializer_list<Metric> metrics) : flat_(metrics) {}
  MetricsArgument(std::vector<Metric> metrics) : flat_(std::move(metrics)) {}                        // NOLINT
  MetricsArgument(std::vector<std::vector<Metric>> by_output) : by_output_(std::move(by_output)) {}  // NOLINT
  MetricsArgument(std::map<std::string, std::vector<Metric>> by_name)
      : by_name_(std::move(by_name)) {}  // NOLINT

  bool empty() const { return flat_.empty() && by_output_.empty() && by_name_.empty(); }
  const std::vector<Metric>& flat() const { return flat_; }
  const std::vector<std::vector<Metric>>& by_output() const { return by_output_; }
  const std::map<std::string, std::vector<Metric>>& by_name() const { return by_name_; }

 private:
  std::vector<Metric> flat_;
  std::vector<std::vector<Metric>> by_output_;
  std::map<std::string, std::vector<Metric>> by_name_;
};

/// Weights of the outputs' losses in the sum: a list, or by name.
class LossWeights {
 public:
  LossWeights() = default;
  LossWeights(std::initializer_list<double> weights) : weights_(weights) {}
  LossWeights(std::vector<double> weights) : weights_(std::move(weights)) {}            // NOLINT
  LossWeights(std::map<std::string, double> by_name) : by_name_(std::move(by_name)) {}  // NOLINT

  bool empty() const { return weights_.empty() && by_name_.empty(); }
  const std::vector<double>& weights() const { return weights_; }
  const std::map<std::string, double>& by_name() const { return by_name_; }

 private:
  std::vector<double> weights_;
  std::map<std::string, double> by_name_;
};

}  // namespace sepal
