// Muon (Jordan et al. 2024; keras.optimizers.Muon): the momentum of a matrix is made orthogonal. Variables of
// other ranks and embeddings are updated by Adam.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "sepal/train/optimizers/optimizer.h"

namespace sepal::optimizers {

/// Texts in a config.
struct TextList {
  std::vector<std::string> texts = {};
  TextList() = default;
  TextList(std::initializer_list<std::string> list) : texts(list) {}
};
void config_put(Json& out, const char* key, const TextList& list);
void config_get(const Json& in, const ConfigField& field, TextList& list);

struct MuonOptions {
  LearningRate learning_rate = 0.001;
  double adam_beta_1 = 0.9;
  double adam_beta_2 = 0.999;
  /// Of the variables that Adam updates; `weight_decay` is that of the others.
  double adam_weight_decay = 0.004;
  double epsilon = 1e-7;
  std::optional<double> weight_decay = 0.004;
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<std::int64_t> ema_overwrite_frequency = {};
  std::optional<double> loss_scale_factor = {};
  std::optional<std::int64_t> gradient_accumulation_steps = {};
  std::string name = "muon";
  /// Adam updates the variables whose path holds one of these texts, too.
  TextList exclude_layers = {};
  bool exclude_embeddings = true;
  /// Coefficients of the Newton-Schulz iteration.
  double muon_a = 3.4445;
  double muon_b = -4.775;
  double muon_c = 2.0315;
  /// Adam's rate over the learning rate.
  double adam_lr_ratio = 1.0;
  double momentum = 0.95;
  std::int64_t ns_steps = 5;
  bool nesterov = true;
  /// Updates are scaled by this times the root of the longer side.
  std::optional<double> rms_rate = 0.2;
  static constexpr const char* kName = "Muon";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    visit_common(o, v);
    v("adam_beta_1", o.adam_beta_1);
    v("adam_beta_2", o.adam_beta_2);
    v("epsilon", o.epsilon);
    v("exclude_layers", o.exclude_layers);
    v("muon_a", o.muon_a);
    v("muon_b", o.muon_b);
    v("muon_c", o.muon_c);
    v("adam_lr_ratio", o.adam_lr_ratio);
    v("momentum", o.momentum);
    v("ns_steps", o.ns_steps);
    v("nesterov", o.nesterov);
    v("exclude_embeddings", o.exclude_embeddings);
    v("adam_weight_decay", o.adam_weight_decay);
    v("rms_rate", o.rms_rate);
  }
};

class Muon : public Optimizer {
 public:
  /// @throws ValueError if an entry of `exclude_layers` is a regular expression.
  explicit Muon(MuonOptions options = {});
};

}  // namespace sepal::optimizers
