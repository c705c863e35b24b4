#include "sepal/layers/layer.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/compatibility.h"
#include "sepal/base/error.h"
#include "sepal/base/naming.h"
#include "sepal/graph/node.h"
#include "sepal/layers/eager_mode.h"
#include "sepal/layers/ref.h"
#include "sepal/layers/tensorflow14_config.h"
#include "sepal/layers/trial_shapes.h"
#include "sepal/ops/elementwise.h"

namespace sepal {
namespace {

Shapes shapes_of(const Tensors& tensors) {
  Shapes shapes;
  for (const Tensor& tensor : tensors) shapes.push_back(tensor.shape());
  return shapes;
}

const Shape& only_shape(const Shapes& shapes, const std::string& layer) {
  if (shapes.size() != 1) {
    throw ValueError(fmt::format("Layer \"{}\" expects 1 input(s), but it received {} input tensors.", layer,
                                 shapes.size()));
  }
  return shapes[0];
}

// Empty if no input has one.
Tensors masks_of(const Tensors& inputs) {
  Tensors masks;
  bool any = false;
  for (const Tensor& input : inputs) {
    masks.push_back(input.mask());
    any = any || masks.back().defined();
  }
  return any ? masks : Tensors();
}

}  // namespace

void throw_empty_handle() { throw RuntimeError("This handle names no layer."); }

void expect_one_output(std::size_t outputs, const Layer& layer) {
  if (outputs != 1) {
    throw ValueError(
        fmt::format("Layer \"{}\" has {} outputs: call `all` to get them.", layer.name(), outputs));
  }
}

Layer::Layer(std::string class_name, LayerArguments arguments)
    : class_name_(std::move(class_name)),
      has_own_name_(!arguments.name.empty()),
      session_(session_id()),
      dtype_policy_(arguments.dtype.name().empty() ? sepal::dtype_policy() : arguments.dtype),
      variable_dtype_(dtype_policy_.variable_dtype()),
      compute_dtype_(dtype_policy_.compute_dtype()),
      autocast_(arguments.autocast),
      trainable_(arguments.trainable),
      activity_regularizer_(std::move(arguments.activity_regularizer)) {
  if (arguments.name.find('/') != std::string::npos) {
    throw ValueError(
        fmt::format("Argument `name` must be a string and cannot contain character `/`. Received: "
                    "name={}",
                    arguments.name));
  }
  set_name(arguments.name.empty() ? auto_name(class_name_) : std::move(arguments.name));
}

void Layer::check_inputs(const Shapes& shapes) const {
  if (input_spec_.empty()) return;
  if (shapes.size() != input_spec_.size()) {
    throw ValueError(fmt::format("Layer \"{}\" expects {} input(s), but it received {} input tensors.",
                                 name(), input_spec_.size(), shapes.size()));
  }
  for (std::size_t i = 0; i < shapes.size(); ++i) check_input_spec(input_spec_[i], shapes[i], i, name());
}

void Layer::set_keywords(LayerKeywords keywords) {
  if (!keywords.batch_input_shape && keywords.input_shape) {
    keywords.batch_input_shape = keywords.input_shape->with_front(keywords.batch_size);
  }
  keywords_ = std::move(keywords);
}

void Layer::enter_scope() {
  if (!scope_name_.empty()) return;
  scope_name_ = unique_scope_name(has_own_name_ ? name() : to_snake_case(class_name_));
}

const std::string& Layer::scope_name() const {
  if (scope_name_.empty()) {
    throw ValueError(
        fmt::format("No name scope: layer \"{}\" has not been used yet. Its `scope_name` is known once it is "
                    "built or called.",
                    name()));
  }
  return scope_name_;
}

void Layer::maybe_build(const Shapes& shapes) {
  check_inputs(shapes);
  if (built_) return;
  build_for(shapes);
  check_inputs(shapes);
}

void Layer::build_for(const Shapes& input_shapes) {
  if (built_) {
    check_inputs(input_shapes);
    return;
  }
  const std::size_t trainable_before = trainable_kind_.size();
  const std::size_t non_trainable_before = non_trainable_kind_.size();
  try {
    build_all(input_shapes);
    if (!keywords_.weights.empty()) set_weights(keywords_.weights);
  } catch (...) {
    // A layer whose build fails stays unbuilt, without half of its weights.
    trainable_kind_.resize(trainable_before);
    non_trainable_kind_.resize(non_trainable_before);
    throw;
  }
  keywords_.weights.clear();
  build_shapes_ = input_shapes;
  set_built();
}

Shapes Layer::output_shapes_for(const Shapes& input_shapes) {
  check_inputs(input_shapes);
  return compute_output_shapes(input_shapes);
}

Tensors Layer::cast_to_compute(const Tensors& inputs) const {
  Tensors cast_inputs = inputs;
  if (!casts_inputs()) return cast_inputs;
  for (Tensor& input : cast_inputs) {
    if (is_floating(input.dtype()) && input.dtype() != compute_dtype_) {
      input = ops::cast(input, compute_dtype_).with_mask(input.mask());
    }
  }
  return cast_inputs;
}

void Layer::open_autocast_scope(std::optional<AutocastScope>& scope) const {
  if (AutocastScope::is_open()) {
    scope.emplace(autocast_ ? std::optional(compute_dtype_) : std::nullopt);
  } else if (compute_dtype_ != variable_dtype_) {
    scope.emplace(compute_dtype_);
  }
}

void Layer::add_activity_losses(const Tensors& outputs, Tensors& losses) const {
  if (!activity_regularizer_) return;
  for (const Tensor& output : outputs) {
    Tensor loss = activity_regularizer_(output);
    // Keras since 3.14 (and 2.6 to 2.15): per sample.
    const bool per_sample = compatibility() != Compatibility::tf14 && output.rank() > 0;
    if (per_sample && output.shape()[0] > 0) {
      loss = ops::multiply(loss, 1.0 / static_cast<double>(output.shape()[0]));
    }
    losses.push_back(std::move(loss));
  }
}

Tensors Layer::call_within(const Tensors& inputs, const CallContext& context) {
  if (executing_eagerly() && activity_regularizer_) {
    throw ValueError(
        fmt::format("Layer \"{}\": `activity_regularizer` is not supported in eager mode.", name()));
  }
  for (const Tensor& input : inputs) {
    if (!input.defined()) {
      throw ValueError(fmt::format(
          "Inputs to a layer should be tensors. Got a tensor without a value as input for layer '{}'.",
          name()));
    }
  }
  maybe_build(shapes_of(inputs));
  Tensors masks = masks_of(inputs);
  Tensors arguments = cast_to_compute(inputs);
  if (!masks.empty() && !supports_masking_) {
    for (Tensor& argument : arguments) argument = argument.with_mask(Tensor());
  }
  const RunningCall running(context.losses);
  Tensors outputs;
  {
    std::optional<AutocastScope> scope;
    open_autocast_scope(scope);
    outputs = call_all(arguments, {context.training, context.losses, masks});
  }
  add_activity_losses(outputs, *context.losses);
  attach_masks(inputs, masks, outputs);
  return outputs;
}

Tensors Layer::operator()(const Tensors& inputs, CallOptions options) {
  Tensors arguments = inputs;
  if (options.mask.defined()) {
    if (!takes_mask()) {
      throw TypeError(
          fmt::format("{}.call() got an unexpected keyword argument 'mask': layer \"{}\" does not read one.",
                      class_name_, name()));
    }
    if (!arguments.empty()) arguments[0] = arguments[0].with_mask(options.mask);
  }
  Tensors call_losses;
  Tensors outputs = call_within(arguments, {options.training, &call_losses});
  call_losses_.record(call_losses, inputs, compatibility() == Compatibility::tf14);
  return outputs;
}

Tensor Layer::operator()(const Tensor& input, CallOptions options) {
  Tensors outputs = (*this)(Tensors{input}, std::move(options));
  expect_one_output(outputs.size(), *this);
  return outputs[0];
}

KerasTensor Layer::apply(const KerasTensor& input) {
  KerasTensors outputs = (*this)(KerasTensors{input}, false);
  expect_one_output(outputs.size(), *this);
  return outputs[0];
}

Tensor Layer::call_built(const Tensor& input, CallOptions options) {
  if (!built_) {
    throw RuntimeError(
        fmt::format("Layer \"{}\" has no weights yet: build it by `build_for`, or call the layer.", name()));
  }
  Tensors ignored;
  const RunningCall running(&ignored);
  std::optional<AutocastScope> scope;
  open_autocast_scope(scope);
  const Tensors outputs = call_all({input}, {options.training, &ignored, masks_of({input})});
  expect_one_output(outputs.size(), *this);
  return outputs[0];
}

KerasTensors Layer::operator()(const KerasTensors& inputs, bool list_input) {
  Shapes shapes;
  std::vector<DType> dtypes;
  for (const KerasTensor& input : inputs) {
    if (!input.defined())
      throw ValueError(fmt::format("Layer \"{}\" was called on an empty KerasTensor.", name()));
    if (executing_eagerly()) {
      throw ValueError(fmt::format(
          "Layer \"{}\" was called in eager mode on a symbolic tensor, which only a model computes: {}",
          name(), input.str()));
    }
    if (compatibility() == Compatibility::tf14 && input.data()->session != session_) {
      throw ValueError(fmt::format(
          "Input graph and Layer graph are not the same: layer \"{}\" and {} were made in different "
          "sessions.",
          name(), input.str()));
    }
    shapes.push_back(input.shape());
    dtypes.push_back(input.dtype());
  }
  maybe_build(shapes);
  const Shapes output_shapes = compute_output_shapes(shapes);
  const std::vector<DType> output_dtypes = compute_output_dtypes(dtypes, output_shapes.size());
  const auto masks = symbolic_masks(inputs);
  std::vector<KerasTensorData> outputs;
  for (std::size_t i = 0; i < output_shapes.size(); ++i) {
    outputs.push_back({output_shapes[i], output_dtypes[i], auto_name("KerasTensor"),
                       i < masks.size() ? masks[i] : nullptr});
  }
  return Node::record_call(shared_from_this(), inputs, std::move(outputs), list_input);
}

void Layer::build(const Shape&) {}

void Layer::build_all(const Shapes& input_shapes) { build(only_shape(input_shapes, name())); }

Tensor Layer::call(const Tensor&, const CallContext&) {
  throw UnimplementedError(fmt::format("Layer {} does not have a `call()` method implemented.", class_name_));
}

Tensors Layer::call_all(const Tensors& inputs, const CallContext& context) {
  if (inputs.size() != 1) {
    throw ValueError(fmt::format("Layer \"{}\" expects 1 input(s), but it received {} input tensors.", name(),
                                 inputs.size()));
  }
  return {call(inputs[0], context)};
}

Shape Layer::compute_output_shape(const Shape& input_shape) {
  if (input_shape.is_fully_defined()) {
    Tensors ignored;
    const RunningCall running(&ignored);
    const GradientTape::Pause no_tape;
    std::optional<AutocastScope> scope;
    open_autocast_scope(scope);
    return call(Tensor::zeros(input_shape, compute_dtype_), {false, &ignored, {}}).shape();
  }
  return common_shape(compute_output_shape(filled(input_shape, kFirstTrial)),
                      compute_output_shape(filled(input_shape, kSecondTrial)));
}

Shapes Layer::compute_output_shapes(const Shapes& input_shapes) {
  return {compute_output_shape(only_shape(input_shapes, name()))};
}

std::vector<DType> Layer::compute_output_dtypes(const std::vector<DType>&, std::size_t outputs) {
  return std::vector<DType>(outputs, compute_dtype_);
}

void Layer::put_config(Json&) const {}

Json Layer::get_config() const {
  Json config = Json::object();
  config_put(config, "name", name());
  config_put(config, "trainable", trainable_);
  config_put(config, "dtype", dtype_policy_);
  if (activity_regularizer_) config_put(config, "activity_regularizer", activity_regularizer_);
  put_config(config);
  return compatibility() == Compatibility::tf14 ? without_later_keys(*this, config) : config;
}

}  // namespace sepal
