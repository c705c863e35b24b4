// Ftrl: follow the regularized leader (McMahan et al. 2013; keras.optimizers.Ftrl).
#pragma once

#include "sepal/train/optimizers/optimizer.h"

namespace sepal::optimizers {

struct FtrlOptions {
  LearningRate learning_rate = 0.001;
  double learning_rate_power = -0.5;
  double initial_accumulator_value = 0.1;
  double l1_regularization_strength = 0.0;
  double l2_regularization_strength = 0.0;
  double l2_shrinkage_regularization_strength = 0.0;
  double beta = 0.0;
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<std::int64_t> ema_overwrite_frequency = {};
  std::optional<double> loss_scale_factor = {};
  std::optional<std::int64_t> gradient_accumulation_steps = {};
  std::string name = "ftrl";
  static constexpr const char* kName = "Ftrl";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    visit_common(o, v);
    v("learning_rate_power", o.learning_rate_power);
    v("initial_accumulator_value", o.initial_accumulator_value);
    v("l1_regularization_strength", o.l1_regularization_strength);
    v("l2_regularization_strength", o.l2_regularization_strength);
    v("l2_shrinkage_regularization_strength", o.l2_shrinkage_regularization_strength);
    v("beta", o.beta);
  }
};

class Ftrl : public Optimizer {
 public:
  /// @throws ValueError if the power is above 0 or another argument below.
  explicit Ftrl(FtrlOptions options = {});
};

}  // namespace sepal::optimizers
