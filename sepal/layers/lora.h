// Low-rank adaptation (LoRA, Hu et al. 2021): a weight is frozen, and the product of two small matrices that
// learn is added to it.
#pragma once

#include <optional>

#include "sepal/layers/layer.h"

namespace sepal {

/// Of `enable_lora`.
struct LoraOptions {
  /// The product counts alpha / rank times; none: as often as the rank.
  std::optional<double> lora_alpha = {};
  Initializer a_initializer = "he_uniform";
  /// Zeros: the layer starts as it is.
  Initializer b_initializer = "zeros";
};

/// A layer with a weight that can be adapted: Dense, Embedding, Conv1D, Conv2D, Conv3D. Its weights are then
/// "lora_<weight>_a" (…, rank) and "lora_<weight>_b" (rank, last axis of the weight), too, both float32.
/// `.keras` and `.weights.h5` files hold the weight with the product added; loading one makes both matrices
/// zeros, as in Keras.
class LoraLayer {
 public:
  virtual ~LoraLayer() = default;

  /// What models were compiled before does not know the matrices: compile again.
  /// @throws ValueError if the layer is not built, is adapted already, has a constraint on the weight, or the
  /// rank is below 1.
  void enable_lora(std::int64_t rank, LoraOptions options = {});
  bool lora_enabled() const { return static_cast<bool>(a_); }

  /// The weight that is adapted and the two matrices; not defined before `build` and `enable_lora`.
  const Variable& adapted_weight() const { return weight_; }
  const Variable& lora_a() const { return a_; }
  const Variable& lora_b() const { return b_; }
  /// The weight's value with the product added; differentiable in all three.
  Tensor merged_weight(DType dtype) const;

 protected:
  /// `rank` and `alpha` are the layer's arguments.
  LoraLayer(Layer& layer, std::optional<std::int64_t>& rank, std::optional<double>& alpha);
  LoraLayer(const LoraLayer&) = delete;
  LoraLayer& operator=(const LoraLayer&) = delete;

  /// What `call` computes with.
  Tensor weight_value() const;
  void set_adapted_weight(const Variable& weight) { weight_ = weight; }
  /// At the end of `build`, if the arguments ask for it.
  void enable_lora_as_told(std::optional<double> alpha);
  /// Keras writes the two arguments only if there is a rank.
  void erase_unset_lora(Json& config) const;

 private:
  Layer& layer_;
  std::optional<std::int64_t>& rank_;
  std::optional<double>& alpha_;
  Variable weight_;
  Variable a_;
  Variable b_;
};

}  // namespace sepal
