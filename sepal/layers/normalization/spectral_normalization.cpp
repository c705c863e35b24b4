#include "sepal/layers/normalization/spectral_normalization.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/error.h"
#include "sepal/ops/array.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/half.h"
#include "sepal/ops/matmul.h"
#include "sepal/ops/reduce.h"

namespace sepal {
namespace {

// The kernel of a layer, or the table of an embedding; not defined if it has neither.
Variable weight_to_normalize(const Layer& layer) {
  for (const char* name : {"kernel", "embeddings"}) {
    for (const Variable& weight : layer.own_weights()) {
      if (weight.name() == name) return weight;
    }
  }
  return {};
}

// As ops.normalize of Keras does over all elements: an inverse length of at most 1e12.
Tensor of_length_one(const Tensor& x) {
  const double length = std::sqrt(ops::sum(ops::square(x)).item());
  return ops::multiply(x, std::min(1.0 / length, 1e12));
}

}  // namespace

SpectralNormalizationLayer::SpectralNormalizationLayer(Options options)
    : WrapperLayer("SpectralNormalization", std::move(options)) {
  if (!options_.layer) {
    throw ValueError(
        "Please initialize `SpectralNormalization` with a `Layer` instance. Received: layer=None");
  }
  if (options_.power_iterations <= 0) {
    throw ValueError(
        fmt::format("`power_iterations` should be greater than zero. Received: `power_iterations={}`",
                    options_.power_iterations));
  }
}

void SpectralNormalizationLayer::build(const Shape& input_shape) {
  options_.layer->build_for(Shapes{input_shape});
  kernel_ = weight_to_normalize(*options_.layer);
  if (!kernel_) {
    throw ValueError(
        fmt::format("{} object has no attribute 'kernel' nor 'embeddings'", options_.layer->class_name()));
  }
  set_input_spec({.min_ndim = 1, .axes = {{-1, input_shape.back()}}});
  vector_u_ = add_weight({.shape = {1, kernel_.shape().back()},
                          .initializer = initializers::TruncatedNormal{.stddev = 0.02},
                          .trainable = false,
                          .name = "vector_u",
                          .dtype = kernel_.dtype()});
}

std::vector<Variable> SpectralNormalizationLayer::own_weights() const {
  std::vector<Variable> own = WrapperLayer::own_weights();
  if (kernel_) own.insert(own.begin(), kernel_);
  return own;
}

void SpectralNormalizationLayer::normalize_kernel() {
  const GradientTape::Pause pause;
  const Tensor kernel = ops::widened(kernel_.value());
  if (ops::max(ops::abs(kernel)).item() == 0.0) return;
  const std::int64_t columns = kernel.shape().back();
  const Tensor matrix = ops::reshape(kernel, {kernel.num_elements() / columns, columns});
  Tensor u = ops::widened(vector_u_.value());
  Tensor v;
  for (std::int64_t i = 0; i < options_.power_iterations; ++i) {
    v = of_length_one(ops::matmul(u, matrix, false, true));
    u = of_length_one(ops::matmul(v, matrix));
  }
  const Tensor sigma = ops::matmul(ops::matmul(v, matrix), u, false, true);
  vector_u_.assign(u.astype(vector_u_.dtype()));
  kernel_.assign(ops::divide(kernel, ops::reshape(sigma, {})).astype(kernel_.dtype()));
}

Tensor SpectralNormalizationLayer::call(const Tensor& input, const CallContext& context) {
  if (context.training) normalize_kernel();
  return ops::cast(call_inside(input, context), input.dtype());
}

Shape SpectralNormalizationLayer::compute_output_shape(const Shape& input_shape) {
  return options_.layer->output_shapes_for({input_shape}).at(0);
}

}  // namespace sepal
