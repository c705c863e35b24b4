// BatchNormalization (keras.layers.BatchNormalization; Ioffe and Szegedy 2015).
#pragma once

#include "sepal/layers/configured_layer.h"
#include "sepal/layers/normalization/renorm_clipping.h"
#include "sepal/layers/ref.h"
#include "sepal/ops/normalization.h"

namespace sepal {

struct BatchNormalizationOptions {
  /// The axis that keeps its statistics (the channels).
  std::int64_t axis = -1;
  double momentum = 0.99;
  double epsilon = 1e-3;
  bool center = true;
  bool scale = true;
  Initializer beta_initializer = "zeros";
  Initializer gamma_initializer = "ones";
  Initializer moving_mean_initializer = "zeros";
  Initializer moving_variance_initializer = "ones";
  Regularizer beta_regularizer = nullptr;
  Regularizer gamma_regularizer = nullptr;
  Constraint beta_constraint = nullptr;
  Constraint gamma_constraint = nullptr;
  /// Statistics over several devices: there is one, so it changes nothing.
  bool synchronized = false;
  /// Batch renormalization (Ioffe 2017): training normalizes by statistics of past batches, too.
  bool renorm = false;
  std::optional<RenormClipping> renorm_clipping = {};
  /// Of the statistics that training corrects by; inference uses those of `momentum`.
  double renorm_momentum = 0.99;
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("axis", o.axis);
    v("momentum", o.momentum);
    v("epsilon", o.epsilon);
    v("center", o.center);
    v("scale", o.scale);
    v("beta_initializer", o.beta_initializer);
    v("gamma_initializer", o.gamma_initializer);
    v("moving_mean_initializer", o.moving_mean_initializer);
    v("moving_variance_initializer", o.moving_variance_initializer);
    v("beta_regularizer", o.beta_regularizer);
    v("gamma_regularizer", o.gamma_regularizer);
    v("beta_constraint", o.beta_constraint);
    v("gamma_constraint", o.gamma_constraint);
    v("synchronized", o.synchronized);
    v("renorm", o.renorm);
    v("renorm_clipping", o.renorm_clipping);
    v("renorm_momentum", o.renorm_momentum);
  }
};

/// In training normalizes by the batch's mean and variance and moves the stored ones towards them (moving =
/// moving * momentum + batch * (1 - momentum), the variance without Bessel's correction); else, and when
/// frozen, by the stored ones. With `renorm` it then corrects the batch, x * r + d, towards averages kept for
/// that; r and d have no gradient, and the stored variance follows from an average of standard deviations.
/// Weights: gamma, beta (trainable), moving_mean, moving_variance; with `renorm` also moving_stddev,
/// renorm_mean, renorm_stddev; (channels,) each.
class BatchNormalizationLayer : public ConfiguredLayer<BatchNormalizationOptions> {
 public:
  /// @throws ValueError for clipping where rmax is below rmin, or dmax negative.
  explicit BatchNormalizationLayer(Options options);

  /// A training step with an activation behind it that clamps, in one pass. For a built layer that is
  /// trainable and an input of its dtype without a mask.
  Tensor train_and_clamp(const Tensor& input, const ops::Bounds& bounds);

 protected:
  void build(const Shape& input_shape) override;
  Tensor call(const Tensor& input, const CallContext& context) override;
  Shape compute_output_shape(const Shape& input_shape) override { return input_shape; }
  bool takes_mask() const override { return true; }

 private:
  Tensor normalized(const Tensor& input, const CallContext& context);
  // Training on the steps that count.
  ops::BatchNormResult masked_training(const Tensor& input, const Tensor& mask, const Tensor& gamma,
                                       const Tensor& beta, int axis) const;
  Tensor renormalized(const ops::BatchNormResult& batch, const Tensor& gamma, const Tensor& beta, int axis);
  void update_renorm(const Tensor& mean, const Tensor& stddev);
  Variable add_stddev(const char* name, const Shape& shape);

  Variable gamma_;
  Variable beta_;
  Variable moving_mean_;
  Variable moving_variance_;
  Variable moving_stddev_;
  Variable renorm_mean_;
  Variable renorm_stddev_;
};

namespace layers {
using BatchNormalization = Ref<BatchNormalizationLayer>;
}

}  // namespace sepal
