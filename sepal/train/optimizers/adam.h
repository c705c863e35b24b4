// Adam (Kingma and Ba 2014), with AMSGrad (Reddi, Kale and Kumar 2018) on request, and AdamW, the same with
// decoupled weight decay (Loshchilov and Hutter 2017). keras.optimizers.Adam, keras.optimizers.AdamW.
#pragma once

#include "sepal/train/optimizers/optimizer.h"

namespace sepal::optimizers {

struct AdamOptions {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-7;
  bool amsgrad = false;
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<std::int64_t> ema_overwrite_frequency = {};
  std::optional<double> loss_scale_factor = {};
  std::optional<std::int64_t> gradient_accumulation_steps = {};
  std::string name = "adam";
  static constexpr const char* kName = "Adam";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    visit_common(o, v);
    v("beta_1", o.beta_1);
    v("beta_2", o.beta_2);
    v("epsilon", o.epsilon);
    v("amsgrad", o.amsgrad);
  }
};

struct AdamWOptions {
  LearningRate learning_rate = 0.001;
  std::optional<double> weight_decay = 0.004;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-7;
  bool amsgrad = false;
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<std::int64_t> ema_overwrite_frequency = {};
  std::optional<double> loss_scale_factor = {};
  std::optional<std::int64_t> gradient_accumulation_steps = {};
  std::string name = "adam_w";
  static constexpr const char* kName = "AdamW";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    visit_common(o, v);
    v("beta_1", o.beta_1);
    v("beta_2", o.beta_2);
    v("epsilon", o.epsilon);
    v("amsgrad", o.amsgrad);
  }
};

class Adam : public Optimizer {
 public:
  explicit Adam(AdamOptions options = {});
};

class AdamW : public Optimizer {
 public:
  /// @throws ValueError without a weight decay.
  explicit AdamW(AdamWOptions options = {});
};

}  // namespace sepal::optimizers
