#include "sepal/train/metrics/auc.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/error.h"
#include "sepal/ops/activations.h"
#include "sepal/train/metrics/confusion_counts.h"

namespace sepal::metrics {
namespace {

using Cell = ConfusionCounts::Cell;

double quotient(double a, double b) { return b == 0.0 ? 0.0 : a / b; }

struct CurvePoint {
  double x;
  double y;
};

CurvePoint point_of_gain(const Cell& c) {
  const double scale = quotient(c.true_positives + c.false_negatives, c.true_negatives + c.false_positives);
  if (c.true_positives == 0.0) return {0.0, 1.0};
  return {std::max(0.0, 1.0 - scale * c.false_negatives / c.true_positives),
          1.0 - scale * c.false_positives / c.true_positives};
}

CurvePoint point_of(const std::string& curve, const Cell& c) {
  if (curve == "PRGAIN") return point_of_gain(c);
  const double recall = share_of(c.true_positives, c.false_negatives);
  if (curve == "PR") return {recall, share_of(c.true_positives, c.false_positives)};
  return {share_of(c.false_positives, c.true_negatives), recall};
}

// Between two thresholds positives change linearly, precision does not (Davis and Goadrich 2006, section 4):
// the integral of (tp + slope (p - p_high)) / p over p, the number of positive predictions.
double precision_recall_area(const Cell& low, const Cell& high) {
  const double gained = low.true_positives - high.true_positives;
  const double p_low = low.true_positives + low.false_positives;
  const double p_high = high.true_positives + high.false_positives;
  const double slope = quotient(gained, std::max(p_low - p_high, 0.0));
  const double intercept = high.true_positives - slope * p_high;
  const double ratio = p_low > 0.0 && p_high > 0.0 ? p_low / p_high : 1.0;
  return quotient(slope * (gained + intercept * std::log(ratio)),
                  std::max(high.true_positives + high.false_negatives, 0.0));
}

double trapezoid(const std::string& method, const CurvePoint& a, const CurvePoint& b) {
  const double height = method == "minoring"   ? std::min(a.y, b.y)
                        : method == "majoring" ? std::max(a.y, b.y)
                                               : (a.y + b.y) / 2.0;
  return (a.x - b.x) * height;
}

std::string one_of(const std::string& value, std::initializer_list<const char*> known, const char* what) {
  const auto lower = [](std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
  };
  for (const char* name : known) {
    if (lower(value) == lower(name)) return name;
  }
  throw ValueError(fmt::format("Invalid AUC {} value: \"{}\". Expected values are ['{}']", what, value,
                               fmt::join(known, "', '")));
}

AUCOptions completed(AUCOptions o) {
  o.curve = one_of(o.curve, {"PR", "ROC", "PRGAIN"}, "curve");
  o.summation_method =
      one_of(o.summation_method, {"interpolation", "majoring", "minoring"}, "summation method");
  for (const double threshold : o.thresholds) {
    if (!(threshold >= 0.0 && threshold <= 1.0)) {
      throw ValueError(fmt::format("Threshold values must be in [0, 1]. Received: {}", threshold));
    }
  }
  std::sort(o.thresholds.begin(), o.thresholds.end());
  if (!o.thresholds.empty()) o.num_thresholds = static_cast<std::int64_t>(o.thresholds.size()) + 2;
  if (o.num_thresholds <= 1) {
    throw ValueError(fmt::format(
        "Argument `num_thresholds` must be an integer > 1. Received: num_thresholds={}", o.num_thresholds));
  }
  if (o.num_labels && !o.multi_label) {
    throw ValueError("`num_labels` is needed only when `multi_label` is True.");
  }
  return o;
}

ConfusionRule rule_of(const AUCOptions& o) {
  ConfusionRule rule;
  rule.multi_label = o.multi_label;
  if (!o.multi_label) rule.label_weights = o.label_weights.values;
  rule.thresholds = o.thresholds;
  if (rule.thresholds.empty()) {
    for (std::int64_t i = 1; i + 1 < o.num_thresholds; ++i) {
      rule.thresholds.push_back(static_cast<double>(i) / static_cast<double>(o.num_thresholds - 1));
    }
  }
  // Every prediction is above the first and below the last.
  rule.thresholds.insert(rule.thresholds.begin(), -epsilon());
  rule.thresholds.push_back(1.0 + epsilon());
  return rule;
}

class AUCMetric final : public TypedMetric<AUCOptions> {
 public:
  explicit AUCMetric(const AUCOptions& options) : TypedMetric(options), counts_(rule_of(options)) {}

  void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight,
                    const Tensor&) override {
    const GradientTape::Pause pause;
    counts_.update(y_true, options().from_logits ? ops::sigmoid(y_pred) : y_pred, sample_weight);
  }

  std::vector<double> results() const override {
    const std::vector<double>& weights = options().label_weights.values;
    double total = 0.0;
    double weight_sum = 0.0;
    for (std::int64_t label = 0; label < counts_.labels(); ++label) {
      const bool is_weighted = options().multi_label && !weights.empty();
      const double weight = is_weighted ? weights[static_cast<std::size_t>(label)] : 1.0;
      total += weight * area(label);
      weight_sum += weight;
    }
    return {quotient(total, weight_sum)};
  }

  void reset_state() override { counts_.reset(); }

 private:
  double area(std::int64_t label) const {
    const AUCOptions& o = options();
    const bool interpolates_counts = o.curve == "PR" && o.summation_method == "interpolation";
    double sum = 0.0;
    for (std::int64_t t = 0; t + 1 < counts_.thresholds(); ++t) {
      const Cell& low = counts_.at(t, label);
      const Cell& high = counts_.at(t + 1, label);
      sum += interpolates_counts
                 ? precision_recall_area(low, high)
                 : trapezoid(o.summation_method, point_of(o.curve, low), point_of(o.curve, high));
    }
    return sum;
  }

  ConfusionCounts counts_;
};

}  // namespace

void config_put(Json& out, const char* key, const LabelWeights& weights) {
  if (weights.values.empty()) {
    put_none(out, key);
  } else {
    sepal::config_put(out, key, weights.values);
  }
}

void config_get(const Json& in, const ConfigField& field, LabelWeights& weights) {
  weights.values.clear();
  if (in.is_null()) return;
  const bool is_tensor =
      in.is_object() && in.contains("config") && in["config"].is_object() && in["config"].contains("value");
  sepal::config_get(is_tensor ? in["config"]["value"] : in, field, weights.values);
}

AUC::AUC(AUCOptions options) : Metric(std::make_shared<AUCMetric>(completed(std::move(options)))) {}

}  // namespace sepal::metrics
