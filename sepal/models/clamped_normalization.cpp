#include "sepal/models/clamped_normalization.h"

#include <typeinfo>

#include "sepal/layers/activations/activation.h"
#include "sepal/layers/activations/relu.h"
#include "sepal/layers/normalization/batch_normalization.h"

namespace sepal {
namespace {

std::optional<ops::Bounds> bounds_of(const Layer& layer) {
  if (typeid(layer) == typeid(ReLULayer)) {
    const ReLUOptions& options = static_cast<const ReLULayer&>(layer).options();
    const bool is_clamp = options.negative_slope == 0.0 && options.threshold == 0.0;
    // A ceiling other than 6 passes the gradient at the bound.
    if (is_clamp && !options.max_value) return ops::Bounds{.lower = 0.0};
    if (is_clamp && *options.max_value == 6.0) return ops::Bounds{0.0, 6.0};
  } else if (typeid(layer) == typeid(ActivationLayer)) {
    const ActivationFunction& function = static_cast<const ActivationLayer&>(layer).options().activation;
    if (function.layer() || !function.registered_name().empty()) return std::nullopt;
    if (function.name() == "relu") return ops::Bounds{.lower = 0.0};
    if (function.name() == "relu6") return ops::Bounds{0.0, 6.0};
  }
  return std::nullopt;
}

bool is_plain_float32(const Layer& layer) {
  return layer.built() && layer.dtype_policy().name() == "float32" && !layer.activity_regularizer();
}

}  // namespace

bool may_clamp(const Layer& layer, const Layer& next) {
  return typeid(layer) == typeid(BatchNormalizationLayer) &&
         !static_cast<const BatchNormalizationLayer&>(layer).options().renorm && bounds_of(next).has_value();
}

std::optional<Tensor> normalized_and_clamped(Layer& layer, const Layer& next, const Tensor& input,
                                             const CallContext& context) {
  const bool fits = context.training && layer.trainable() && is_plain_float32(layer) &&
                    is_plain_float32(next) && input.dtype() == DType::float32 && !input.mask().defined() &&
                    input.shape().rank() == layer.build_shapes()[0].rank();
  if (!fits) return std::nullopt;
  return static_cast<BatchNormalizationLayer&>(layer).train_and_clamp(input, *bounds_of(next));
}

}  // namespace sepal
