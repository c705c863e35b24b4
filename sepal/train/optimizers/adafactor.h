// Adafactor (Shazeer and Stern 2018; keras.optimizers.Adafactor): the squares of a matrix's gradients are
// kept as means of rows and columns.
#pragma once

#include "sepal/train/optimizers/optimizer.h"

namespace sepal::optimizers {

struct AdafactorOptions {
  LearningRate learning_rate = 0.001;
  /// How fast the mean of the squares forgets: the step to this power.
  double beta_2_decay = -0.8;
  double epsilon_1 = 1e-30;
  /// Least size of a variable, for the size of its update.
  double epsilon_2 = 1e-3;
  double clip_threshold = 1.0;
  /// The rate is at most 1 / sqrt(step).
  bool relative_step = true;
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<std::int64_t> ema_overwrite_frequency = {};
  std::optional<double> loss_scale_factor = {};
  std::optional<std::int64_t> gradient_accumulation_steps = {};
  std::string name = "adafactor";
  static constexpr const char* kName = "Adafactor";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    visit_common(o, v);
    v("beta_2_decay", o.beta_2_decay);
    v("epsilon_1", o.epsilon_1);
    v("epsilon_2", o.epsilon_2);
    v("clip_threshold", o.clip_threshold);
    v("relative_step", o.relative_step);
  }
};

class Adafactor : public Optimizer {
 public:
  explicit Adafactor(AdafactorOptions options = {});
};

}  // namespace sepal::optimizers
