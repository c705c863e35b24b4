// Adadelta (Zeiler 2012; keras.optimizers.Adadelta).
#pragma once

#include "sepal/train/optimizers/optimizer.h"

namespace sepal::optimizers {

struct AdadeltaOptions {
  LearningRate learning_rate = 0.001;
  double rho = 0.95;
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
  std::string name = "adadelta";
  static constexpr const char* kName = "Adadelta";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    visit_common(o, v);
    v("rho", o.rho);
    v("epsilon", o.epsilon);
  }
};

class Adadelta : public Optimizer {
 public:
  explicit Adadelta(AdadeltaOptions options = {});
};

}  // namespace sepal::optimizers
