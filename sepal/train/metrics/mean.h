// Running mean and sum (keras.metrics.Mean, keras.metrics.Sum), added up in double.
#pragma once

#include <string>

#include "sepal/base/tensor.h"

namespace sepal::metrics {

/// The weighted mean over samples. Axes of a value behind the first are averaged within the sample.
class Mean {
 public:
  explicit Mean(std::string name = "mean") : name_(std::move(name)) {}
  const std::string& name() const { return name_; }

  /// values (n, …) or a scalar; sample_weight (n,), of the values' shape, anything that broadcasts to it, or
  /// not defined. With weights, values whose `mask` (boolean, of their shape) is false do not count.
  void update_state(const Tensor& values, const Tensor& sample_weight = {}, const Tensor& mask = {});
  /// One more value of this weight.
  void add(double value, double weight = 1.0);
  /// 0 before any value.
  double result() const;
  void reset_state();

 private:
  std::string name_;
  double total_ = 0.0;
  double count_ = 0.0;
};

/// The weighted sum of all elements.
class Sum {
 public:
  explicit Sum(std::string name = "sum") : name_(std::move(name)) {}
  const std::string& name() const { return name_; }
  void update_state(const Tensor& values, const Tensor& sample_weight = {});
  double result() const { return total_; }
  void reset_state() { total_ = 0.0; }

 private:
  std::string name_;
  double total_ = 0.0;
};

}  // namespace sepal::metrics
