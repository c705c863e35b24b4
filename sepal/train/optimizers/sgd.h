// Stochastic gradient descent with momentum (keras.optimizers.SGD).
#pragma once

#include "sepal/train/optimizers/optimizer.h"

namespace sepal::optimizers {

struct SGDOptions {
  LearningRate learning_rate = 0.01;
  double momentum = 0.0;
  bool nesterov = false;
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<std::int64_t> ema_overwrite_frequency = {};
  std::optional<double> loss_scale_factor = {};
  std::optional<std::int64_t> gradient_accumulation_steps = {};
  std::string name = "sgd";
  static constexpr const char* kName = "SGD";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    visit_common(o, v);
    v("momentum", o.momentum);
    v("nesterov", o.nesterov);
  }
};

class SGD : public Optimizer {
 public:
  /// @throws ValueError if the momentum is outside of [0, 1].
  explicit SGD(SGDOptions options = {});
};

}  // namespace sepal::optimizers
