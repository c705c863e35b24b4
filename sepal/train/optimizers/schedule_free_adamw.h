// AdamW without a schedule of the rate (Defazio et al. 2024; keras.optimizers.ScheduleFreeAdamW): gradients
// are taken between a fast sequence and its mean.
#pragma once

#include "sepal/train/optimizers/optimizer.h"

namespace sepal::optimizers {

struct ScheduleFreeAdamWOptions {
  LearningRate learning_rate = 0.0025;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-8;
  /// Over which the rate grows from 0.
  std::int64_t warmup_steps = 0;
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<std::int64_t> ema_overwrite_frequency = {};
  std::optional<double> loss_scale_factor = {};
  std::optional<std::int64_t> gradient_accumulation_steps = {};
  std::string name = "schedule_free_adam_w";
  static constexpr const char* kName = "ScheduleFreeAdamW";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    visit_common(o, v);
    v("beta_1", o.beta_1);
    v("beta_2", o.beta_2);
    v("epsilon", o.epsilon);
    v("warmup_steps", o.warmup_steps);
  }
};

class ScheduleFreeAdamW : public Optimizer {
 public:
  explicit ScheduleFreeAdamW(ScheduleFreeAdamWOptions options = {});
};

}  // namespace sepal::optimizers
