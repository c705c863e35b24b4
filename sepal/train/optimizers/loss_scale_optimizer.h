// Dynamic loss scaling around another optimizer (keras.optimizers.LossScaleOptimizer): keeps the small
// gradients of float16 computations from becoming 0.
#pragma once

#include "sepal/train/optimizers/optimizer.h"

namespace sepal::optimizers {

struct LossScaleOptions {
  Optimizer inner_optimizer = {};
  /// Better too large: a scale that overflows is halved at each step, one that does not grows slowly.
  double initial_scale = 32768.0;
  /// After so many updates with finite gradients the scale is doubled.
  std::int64_t dynamic_growth_steps = 2000;
  std::string name = "loss_scale_optimizer";
  static constexpr const char* kName = "LossScaleOptimizer";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("name", o.name);
    v("inner_optimizer", o.inner_optimizer);
    v("initial_scale", o.initial_scale);
    v("dynamic_growth_steps", o.dynamic_growth_steps);
  }
};

/// A step whose gradients are not all finite changes nothing but halves the scale.
class LossScaleOptimizer : public Optimizer {
 public:
  /// The inner optimizer's loss_scale_factor is taken away.
  /// @throws ValueError if there is no inner optimizer.
  explicit LossScaleOptimizer(LossScaleOptions options);
};

/// `optimizer` if it is a LossScaleOptimizer, else one around it.
Optimizer with_loss_scaling(const Optimizer& optimizer);

}  // namespace sepal::optimizers
