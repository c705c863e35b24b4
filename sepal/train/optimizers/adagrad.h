// Adagrad (Duchi, Hazan and Singer 2011; keras.optimizers.Adagrad).
#pragma once

#include "sepal/train/optimizers/optimizer.h"

namespace sepal::optimizers {

struct AdagradOptions {
  LearningRate learning_rate = 0.001;
  double initial_accumulator_value = 0.1;
  double epsilon = 1e-7;
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<std::int64_t> ema_overwrite_frequency = {};
  std::optional<double> loss_scale_factor = {};
  std::optional<std::int64_t> gradient_accumulation_steps = {};
  std::string name = "adagrad";
  static constexpr const char* kName = "Adagrad";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    visit_common(o, v);
    v("initial_accumulator_value", o.initial_accumulator_value);
    v("epsilon", o.epsilon);
  }
};

class Adagrad : public Optimizer {
 public:
  explicit Adagrad(AdagradOptions options = {});
};

}  // namespace sepal::optimizers
