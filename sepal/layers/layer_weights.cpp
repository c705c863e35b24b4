// The part of the Layer contract that is about weights and the losses made of them.
#include <fmt/format.h>

#include <algorithm>

#include "sepal/base/error.h"
#include "sepal/layers/layer.h"
#include "sepal/weights/zero_weights.h"

namespace sepal {
namespace {

// A shared layer's weights count once.
void append_new(std::vector<Variable>& all, const std::vector<Variable>& more) {
  for (const Variable& variable : more) {
    if (std::find(all.begin(), all.end(), variable) == all.end()) all.push_back(variable);
  }
}

std::vector<Variable> filtered(const std::vector<Variable>& variables, bool trainable) {
  std::vector<Variable> result;
  std::copy_if(variables.begin(), variables.end(), std::back_inserter(result),
               [&](const Variable& v) { return v.trainable() == trainable; });
  return result;
}

}  // namespace

Variable Layer::add_weight(WeightOptions options) {
  const Initializer initializer = options.initializer ? options.initializer : Initializer("glorot_uniform");
  const DType dtype = options.dtype.value_or(dtype_);
  const std::string path = name() + "/" + options.name;
  Variable variable(initial_weight(initializer, options.shape, dtype, path), options.name,
                    {.path = path,
                     .trainable = options.trainable && trainable_,
                     .regularizer = options.regularizer,
                     .constraint = options.constraint});
  (options.trainable ? trainable_kind_ : non_trainable_kind_).push_back(variable);
  return variable;
}

void Layer::set_trainable(bool trainable) {
  trainable_ = trainable;
  for (Variable& variable : trainable_kind_) variable.set_trainable(trainable);
  for (const auto& layer : sublayers()) layer->set_trainable(trainable);
}

std::vector<Variable> Layer::own_weights() const {
  std::vector<Variable> all = trainable_kind_;
  append_new(all, non_trainable_kind_);
  return all;
}

std::vector<Variable> Layer::weights() const {
  std::vector<Variable> all = own_weights();
  for (const auto& layer : sublayers()) append_new(all, layer->weights());
  return all;
}

std::vector<Variable> Layer::trainable_weights() const {
  if (!trainable_) return {};
  return filtered(weights(), true);
}

std::vector<Variable> Layer::non_trainable_weights() const {
  if (!trainable_) return weights();
  return filtered(weights(), false);
}

Tensors Layer::get_weights() const {
  Tensors values;
  for (const Variable& variable : weights()) values.push_back(variable.value());
  return values;
}

void Layer::set_weights(const Tensors& values) {
  std::vector<Variable> variables = weights();
  if (values.size() != variables.size()) {
    throw ValueError(
        fmt::format("You called `set_weights(weights)` on layer '{}' with a weight list of length {}, "
                    "but the layer was expecting {} weights.",
                    name(), values.size(), variables.size()));
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i].shape() != variables[i].shape()) {
      throw ValueError(
          fmt::format("Layer '{}' weight shape {} is not compatible with provided weight shape {}: "
                      "weight '{}'.",
                      name(), variables[i].shape().str(), values[i].shape().str(), variables[i].path()));
    }
  }
  for (std::size_t i = 0; i < values.size(); ++i) variables[i].assign(values[i]);
}

std::int64_t Layer::count_params() const {
  if (!built_) {
    throw ValueError(
        fmt::format("You tried to call `count_params` on layer '{}', but the layer isn't built. You can "
                    "build it manually via: `layer->build_for({{input_shape}})`.",
                    name()));
  }
  std::int64_t count = 0;
  for (const Variable& variable : weights()) count += variable.shape().num_elements();
  return count;
}

Tensors Layer::regularization_losses() const {
  Tensors losses;
  for (const Variable& variable : trainable_weights()) {
    if (variable.regularizer()) losses.push_back(variable.regularizer()(variable.value()));
  }
  return losses;
}

Tensors Layer::losses() const {
  Tensors all = last_call_losses_;
  for (Tensor& loss : regularization_losses()) all.push_back(std::move(loss));
  return all;
}

}  // namespace sepal
