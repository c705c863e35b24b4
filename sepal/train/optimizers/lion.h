// Lion: steps of one size in the direction of the signs (Chen et al. 2023; keras.optimizers.Lion).
#pragma once

#include "sepal/train/optimizers/optimizer.h"

namespace sepal::optimizers {

struct LionOptions {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9;
  double beta_2 = 0.99;
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<std::int64_t> ema_overwrite_frequency = {};
  std::optional<double> loss_scale_factor = {};
  std::optional<std::int64_t> gradient_accumulation_steps = {};
  std::string name = "lion";
  static constexpr const char* kName = "Lion";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    visit_common(o, v);
    v("beta_1", o.beta_1);
    v("beta_2", o.beta_2);
  }
};

class Lion : public Optimizer {
 public:
  /// @throws ValueError unless 0 < beta_1 <= 1.
  explicit Lion(LionOptions options = {});
};

}  // namespace sepal::optimizers
