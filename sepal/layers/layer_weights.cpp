// The part of the Layer contract that is about weights and the losses made of them.
#include <fmt/format.h>

#include <algorithm>

#include "sepal/base/error.h"
#include "sepal/layers/eager_mode.h"
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
  if (options.regularizer && executing_eagerly()) {
    throw RuntimeError(fmt::format("Layer \"{}\", weight '{}': a regularizer is not supported in eager mode.",
                                   name(), options.name));
  }
  enter_scope();
  const DType dtype = options.dtype.value_or(variable_dtype_);
  if (!options.name.empty()) {
    for (const Variable& existing : own_weights()) {
      if (existing.name() != options.name) continue;
      if (existing.shape() != options.shape || existing.dtype() != dtype) {
        throw ValueError(
            fmt::format("Trying to share variable {}, but specified shape {} and dtype {}, and found shape "
                        "{} and dtype {}.",
                        existing.path(), options.shape.str(), name_of(dtype), existing.shape().str(),
                        name_of(existing.dtype())));
      }
      return existing;
    }
  }
  const Initializer otherwise = is_floating(dtype) ? "glorot_uniform" : "zeros";
  const Initializer initializer = options.initializer ? options.initializer : otherwise;
  const std::string path = name() + "/" + options.name;
  Variable variable(initial_weight(initializer, options.shape, dtype, path), options.name,
                    {.path = path,
                     .trainable = options.trainable && trainable_,
                     .regularizer = options.regularizer,
                     .constraint = options.constraint,
                     .autocast = options.autocast});
  (options.trainable ? trainable_kind_ : non_trainable_kind_).push_back(variable);
  return variable;
}

Variable Layer::add_variable(std::string name, Shape shape, WeightOptions options) {
  options.name = std::move(name);
  options.shape = std::move(shape);
  return add_weight(std::move(options));
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

}  // namespace sepal
