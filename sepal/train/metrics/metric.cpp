#include "sepal/train/metrics/metric.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <nlohmann/json.hpp>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/error.h"
#include "sepal/train/metrics/metric_makers.h"
#include "sepal/train/metrics/metrics.h"
#include "sepal/train/target_kind.h"

namespace sepal {
namespace {

bool is_accuracy(const std::string& name) {
  std::string lower = name;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower == "accuracy" || lower == "acc";
}

bool depends_on_shapes(const std::string& name) {
  return is_accuracy(name) || name == "crossentropy" || name == "ce";
}

MetricFunction function_for(const std::string& name, const Shape& y_true, const Shape& y_pred) {
  const bool accuracy = is_accuracy(name);
  switch (target_kind(y_true, y_pred)) {
    case TargetKind::binary:
      return accuracy ? "binary_accuracy" : "binary_crossentropy";
    case TargetKind::sparse:
      return accuracy ? "sparse_categorical_accuracy" : "sparse_categorical_crossentropy";
    case TargetKind::one_hot:
      break;
  }
  return accuracy ? "categorical_accuracy" : "categorical_crossentropy";
}

// The mean over samples of a function. Without one, `name` says which by the shapes of the first update.
class MeanMetric final : public MetricBase {
 public:
  MeanMetric(MetricFunction function, std::string name)
      : MetricBase(std::move(name)), function_(std::move(function)) {}

  void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight,
                    const Tensor& mask) override {
    const GradientTape::Pause pause;
    if (!function_) function_ = function_for(name(), y_true.shape(), y_pred.shape());
    const LossValues values = function_(y_true, y_pred);
    const Tensor weight = masked_weight(sample_weight, mask, DType::float64, "sum");
    mean_.update_state(values.values, weight, values.mask);
  }

  double result() const override {
    const bool is_root = function_.as<metrics::RootMeanSquaredError>() != nullptr;
    return is_root ? std::sqrt(mean_.result()) : mean_.result();
  }

  void reset_state() override { mean_.reset_state(); }

  std::optional<Direction> direction() const override {
    const std::string class_name = function_.name();
    if (class_name.find("Accuracy") != std::string::npos || class_name == "CosineSimilarity" ||
        class_name.find("Correlation") != std::string::npos || (!function_ && is_accuracy(name()))) {
      return Direction::up;
    }
    const bool is_error = !function_ || !function_.text("name").empty();
    return is_error ? std::optional(Direction::down) : std::nullopt;
  }

  void put(Json& out, const char* key) const override { config_put(out, key, function_); }

 private:
  MetricFunction function_;
  metrics::Mean mean_;
};

std::string name_of_function(const MetricFunction& function) {
  const std::string option = function.text("name");
  if (!option.empty()) return option;
  return function.name().empty() ? "metric" : function.name();
}

}  // namespace

void MetricFunction::fill(Table& table) {
  table.add<metrics::Accuracy>();
  table.add<metrics::BinaryAccuracy>({"binary_accuracy"});
  table.add<metrics::CategoricalAccuracy>({"categorical_accuracy"});
  table.add<metrics::SparseCategoricalAccuracy>({"sparse_categorical_accuracy"});
  table.add<metrics::TopKCategoricalAccuracy>({"top_k_categorical_accuracy"});
  table.add<metrics::SparseTopKCategoricalAccuracy>({"sparse_top_k_categorical_accuracy"});
  table.add<metrics::MeanSquaredError>({"mean_squared_error", "mse", "MSE"});
  table.add<metrics::RootMeanSquaredError>({"root_mean_squared_error"});
  table.add<metrics::MeanAbsoluteError>({"mean_absolute_error", "mae", "MAE"});
  table.add<metrics::MeanAbsolutePercentageError>({"mean_absolute_percentage_error", "mape", "MAPE"});
  table.add<metrics::MeanSquaredLogarithmicError>({"mean_squared_logarithmic_error", "msle", "MSLE"});
  table.add<metrics::CosineSimilarity>({"cosine_similarity"});
  table.add<metrics::LogCoshError>({"log_cosh_error", "logcosh"});
  table.add<metrics::KLDivergence>({"kl_divergence"});
  table.add<metrics::Poisson>({"poisson"});
  table.add<metrics::Hinge>({"hinge"});
  table.add<metrics::SquaredHinge>({"squared_hinge"});
  table.add<metrics::CategoricalHinge>({"categorical_hinge"});
  table.add<metrics::PearsonCorrelation>({"pearson_correlation"});
  table.add<metrics::ConcordanceCorrelation>({"concordance_correlation"});
  table.add<metrics::BinaryCrossentropy>({"binary_crossentropy", "bce", "BCE"});
  table.add<metrics::CategoricalCrossentropy>({"categorical_crossentropy"});
  table.add<metrics::SparseCategoricalCrossentropy>({"sparse_categorical_crossentropy"});
}

Metric::Metric(const std::string& name) {
  if (const Make* make = find_metric_maker(name)) {
    base_ = (*make)(Json{{"name", name}}, MetricFunction::kKind).base_;
    identifier_ = name;
  } else {
    *this = Metric(depends_on_shapes(name) ? MetricFunction() : MetricFunction(name), name);
  }
}

Metric::Metric(MetricFunction function, std::string identifier) : identifier_(std::move(identifier)) {
  std::string name = identifier_.empty() ? name_of_function(function) : identifier_;
  base_ = std::make_shared<MeanMetric>(std::move(function), std::move(name));
}

MetricBase& Metric::base() const {
  if (!base_) throw_empty_function(MetricFunction::kKind);
  return *base_;
}

Metric Metric::for_compile() const { return identifier_.empty() ? *this : Metric(identifier_); }

void config_put(Json& out, const char* key, const Metric& metric) {
  if (!metric.identifier_.empty()) {
    out[key] = metric.identifier_;
  } else if (metric) {
    metric.base().put(out, key);
  } else {
    put_none(out, key);
  }
}

void config_get(const Json& in, const ConfigField& field, Metric& metric) {
  if (in.is_string()) {
    metric = Metric(in.get<std::string>());
    return;
  }
  const ConfigIdentifier identifier = read_identifier(in, MetricFunction::kKind, field.str());
  const Metric::Make* make = find_metric_maker(identifier.name);
  if (make != nullptr && identifier.config != nullptr) {
    metric = (*make)(*identifier.config, field.str());
    return;
  }
  MetricFunction function;
  config_get(modern_identifier(in, "MeanMetricWrapper"), field, function);
  metric = function ? Metric(std::move(function)) : Metric();
}

}  // namespace sepal
