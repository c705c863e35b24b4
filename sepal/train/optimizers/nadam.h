// Nadam: Adam with the momentum of Nesterov (Dozat 2016; keras.optimizers.Nadam).
#pragma once

#include "sepal/train/optimizers/optimizer.h"

namespace sepal::optimizers {

struct NadamOptions {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
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
  std::string name = "nadam";
  static constexpr const char* kName = "Nadam";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    visit_common(o, v);
    v("beta_1", o.beta_1);
    v("beta_2", o.beta_2);
    v("epsilon", o.epsilon);
  }
};

class Nadam : public Optimizer {
 public:
  explicit Nadam(NadamOptions options = {});
};

}  // namespace sepal::optimizers
