#include "sepal/train/losses/loss.h"

#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/train/losses/losses.h"
#include "sepal/train/target_kind.h"

namespace sepal {
namespace {

const LossFunction& crossentropy_for(const Tensor& y_true, const Tensor& y_pred) {
  static const LossFunction binary = losses::BinaryCrossentropy();
  static const LossFunction sparse = losses::SparseCategoricalCrossentropy();
  static const LossFunction categorical = losses::CategoricalCrossentropy();
  switch (target_kind(y_true.shape(), y_pred.shape())) {
    case TargetKind::binary:
      return binary;
    case TargetKind::sparse:
      return sparse;
    case TargetKind::one_hot:
      break;
  }
  return categorical;
}

bool is_crossentropy(const std::string& name) { return name == "crossentropy" || name == "ce"; }

}  // namespace

void LossFunction::fill(Table& table) {
  table.add<losses::MeanSquaredError>({"mean_squared_error", "mse", "MSE"});
  table.add<losses::MeanAbsoluteError>({"mean_absolute_error", "mae", "MAE"});
  table.add<losses::MeanAbsolutePercentageError>({"mean_absolute_percentage_error", "mape", "MAPE"});
  table.add<losses::MeanSquaredLogarithmicError>({"mean_squared_logarithmic_error", "msle", "MSLE"});
  table.add<losses::CosineSimilarity>({"cosine_similarity"});
  table.add<losses::Huber>({"huber"});
  table.add<losses::LogCosh>({"log_cosh", "logcosh"});
  table.add<losses::KLDivergence>({"kl_divergence", "kld", "KLD", "kullback_leibler_divergence"});
  table.add<losses::Poisson>({"poisson"});
  table.add<losses::Hinge>({"hinge"});
  table.add<losses::SquaredHinge>({"squared_hinge"});
  table.add<losses::CategoricalHinge>({"categorical_hinge"});
  table.add<losses::BinaryCrossentropy>({"binary_crossentropy", "bce", "BCE"});
  table.add<losses::BinaryFocalCrossentropy>({"binary_focal_crossentropy"});
  table.add<losses::CategoricalFocalCrossentropy>({"categorical_focal_crossentropy"});
  table.add<losses::CategoricalGeneralizedCrossEntropy>();
  table.add<losses::Dice>({"dice"});
  table.add<losses::Tversky>({"tversky"});
  table.add<losses::Circle>({"circle"});
  table.add<losses::CategoricalCrossentropy>({"categorical_crossentropy"});
  table.add<losses::SparseCategoricalCrossentropy>({"sparse_categorical_crossentropy"});
}

Loss::Loss(const std::string& name)
    : identifier_(name), function_(is_crossentropy(name) ? LossFunction() : LossFunction(name)) {}

std::string Loss::name() const {
  if (!identifier_.empty()) return identifier_;
  const std::string option = function_.text("name");
  return option.empty() ? "loss" : option;
}

std::string Loss::reduction() const {
  const std::string option = function_.text("reduction");
  return option.empty() ? "sum_over_batch_size" : option;
}

Tensor Loss::operator()(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight,
                        const Tensor& mask) const {
  const LossFunction& function = is_crossentropy(identifier_) ? crossentropy_for(y_true, y_pred) : function_;
  return reduce_weighted_values(function(y_true, y_pred), sample_weight, mask, reduction());
}

void config_put(Json& out, const char* key, const Loss& loss) {
  if (loss.identifier_.empty()) {
    config_put(out, key, loss.function_);
  } else {
    out[key] = loss.identifier_;
  }
}

void config_get(const Json& in, const ConfigField& field, Loss& loss) {
  if (in.is_string()) {
    loss = Loss(in.get<std::string>());
    return;
  }
  Json modern = modern_identifier(in, "LossFunctionWrapper");
  const auto config = modern.is_object() ? modern.find("config") : modern.end();
  if (modern.is_object() && config != modern.end() && config->is_object() && config->contains("reduction")) {
    Json& reduction = (*config)["reduction"];
    if (reduction.is_null()) reduction = "none";
    if (reduction == "auto") reduction = "sum_over_batch_size";  // the default of Keras 2
  }
  LossFunction function;
  config_get(modern, field, function);
  loss = function ? Loss(std::move(function)) : Loss();
}

}  // namespace sepal
