#include "sepal/train/metrics/iou.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/error.h"
#include "sepal/base/keras_config.h"
#include "sepal/ops/array.h"
#include "sepal/ops/reduce.h"

namespace sepal::metrics {
namespace {

// Far more than any segmentation has, and the counts of its pairs still fit in memory.
constexpr std::int64_t kMostClasses = 1 << 14;

// What the five classes have in common.
struct IoURule {
  std::int64_t num_classes = 2;
  std::vector<std::int64_t> target_class_ids = {};
  bool has_all_targets = false;
  std::optional<double> threshold = {};
  std::optional<std::int64_t> ignore_class = {};
  bool sparse_y_true = true;
  bool sparse_y_pred = true;
  std::int64_t axis = -1;
};

template <class Options>
IoURule iou_rule(const Options& o) {
  IoURule rule;
  if constexpr (requires { o.threshold; }) {
    rule.threshold = o.threshold;
  } else {
    rule.num_classes = o.num_classes;
    rule.ignore_class = o.ignore_class;
    rule.sparse_y_pred = o.sparse_y_pred;
    rule.sparse_y_true = false;
    if constexpr (requires { o.sparse_y_true; }) rule.sparse_y_true = o.sparse_y_true;
    rule.axis = o.axis;
  }
  if constexpr (requires { o.target_class_ids; }) {
    rule.target_class_ids = o.target_class_ids.values();
  } else {
    rule.has_all_targets = true;
  }
  return rule;
}

IoURule checked(IoURule rule) {
  if (rule.num_classes < 1 || rule.num_classes > kMostClasses) {
    throw ValueError(fmt::format("`num_classes` must be from 1 to {}. Received: num_classes={}", kMostClasses,
                                 rule.num_classes));
  }
  if (rule.has_all_targets) {
    for (std::int64_t c = 0; c < rule.num_classes; ++c) rule.target_class_ids.push_back(c);
  }
  if (rule.target_class_ids.empty()) throw ValueError("`target_class_ids` must name a class.");
  for (const std::int64_t id : rule.target_class_ids) {
    if (id < 0 || id >= rule.num_classes) {
      throw ValueError(
          fmt::format("Target class id {} is out of range, which is [0, {}).", id, rule.num_classes));
    }
  }
  return rule;
}

Tensor classes_of(const Tensor& y, bool is_sparse, std::int64_t axis) {
  return (is_sparse ? y : ops::argmax(y, axis)).astype(DType::float64);
}

template <class Options>
class IoUMetric final : public TypedMetric<Options> {
 public:
  explicit IoUMetric(const Options& options)
      : TypedMetric<Options>(options),
        rule_(checked(iou_rule(options))),
        is_whole_(options.dtype.find("float") == std::string::npos),
        counts_(static_cast<std::size_t>(rule_.num_classes * rule_.num_classes), 0.0) {}

  void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight,
                    const Tensor&) override {
    const GradientTape::Pause pause;
    const Tensor targets = classes_of(y_true, rule_.sparse_y_true, rule_.axis);
    const Tensor predictions = classes_of(y_pred, rule_.sparse_y_pred, rule_.axis);
    const std::int64_t count = targets.num_elements();
    Tensor weights;
    if (sample_weight.defined()) {
      const Tensor flat = sample_weight.astype(DType::float64).reshaped({sample_weight.num_elements()});
      weights = ops::broadcast_to(flat, {count});
    }
    if (predictions.num_elements() != count) {
      throw ValueError(fmt::format(
          "`y_true` and `y_pred` must have a class at the same places. Received: y_true.shape={}, "
          "y_pred.shape={}",
          y_true.shape().str(), y_pred.shape().str()));
    }
    for (std::int64_t i = 0; i < count; ++i) {
      add(class_of(targets.data<double>()[i]), predicted(predictions.data<double>()[i]),
          weights.defined() ? weights.data<double>()[i] : 1.0);
    }
  }

  std::vector<double> results() const override {
    double sum = 0.0;
    double valid = 0.0;
    for (const std::int64_t id : rule_.target_class_ids) {
      double either = -at(id, id);
      for (std::int64_t c = 0; c < rule_.num_classes; ++c) either += at(id, c) + at(c, id);
      if (!(either > 1e-9)) continue;
      sum += at(id, id) / (either + epsilon());
      valid += 1.0;
    }
    return {sum / (valid + epsilon())};
  }

  void reset_state() override { std::fill(counts_.begin(), counts_.end(), 0.0); }

 private:
  double class_of(double value) const { return is_whole_ ? std::trunc(value) : value; }
  double predicted(double value) const {
    if (!rule_.threshold) return class_of(value);
    return static_cast<float>(value) >= static_cast<float>(*rule_.threshold) ? 1.0 : 0.0;
  }

  void add(double target, double prediction, double weight) {
    const auto exists = [this](double c) { return c >= 0.0 && c < static_cast<double>(rule_.num_classes); };
    if (!exists(target) || !exists(prediction)) return;
    if (rule_.ignore_class && target == static_cast<double>(*rule_.ignore_class)) return;
    at(static_cast<std::int64_t>(target), static_cast<std::int64_t>(prediction)) +=
        is_whole_ ? std::trunc(weight) : weight;
  }

  double& at(std::int64_t target, std::int64_t prediction) {
    return counts_[static_cast<std::size_t>(target * rule_.num_classes + prediction)];
  }
  double at(std::int64_t target, std::int64_t prediction) const {
    return counts_[static_cast<std::size_t>(target * rule_.num_classes + prediction)];
  }

  IoURule rule_;
  bool is_whole_;
  std::vector<double> counts_;
};

}  // namespace

template <class Options>
AnyIoU<Options>::AnyIoU(Options options) : Metric(std::make_shared<IoUMetric<Options>>(options)) {}

template class AnyIoU<IoUOptions>;
template class AnyIoU<BinaryIoUOptions>;
template class AnyIoU<MeanIoUOptions>;
template class AnyIoU<OneHotIoUOptions>;
template class AnyIoU<OneHotMeanIoUOptions>;

}  // namespace sepal::metrics
