#include "sepal/layers/core/einsum_dense.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/ops/array.h"
#include "sepal/ops/einsum.h"
#include "sepal/ops/elementwise.h"

namespace sepal {
namespace {

constexpr std::string_view kEllipsis = "...";

bool are_letters(const std::string& names) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return !names.empty() && std::all_of(names.begin(), names.end(), is_letter);
}

bool drop_front(std::string& text) {
  if (!text.starts_with(kEllipsis)) return false;
  text.erase(0, kEllipsis.size());
  return true;
}

bool drop_back(std::string& text) {
  if (!text.ends_with(kEllipsis)) return false;
  text.resize(text.size() - kEllipsis.size());
  return true;
}

// Draws as for a matrix of all axes that are summed over and all that are new.
Initializer for_matrix(const Initializer& initializer, std::int64_t inputs, std::int64_t outputs) {
  return Initializer([=](const Shape& shape, DType dtype) {
    return initializer({inputs, outputs}, dtype).reshaped(shape);
  });
}

}  // namespace

void config_put(Json& out, const char* key, const EinsumOutputShape& value) {
  out[key] = shape_to_json(value.shape);
}

void config_get(const Json& in, const ConfigField& field, EinsumOutputShape& value) {
  value.shape = shape_from_json(in.is_array() ? in : Json::array({in}), field);
}

void config_put(Json& out, const char* key, const EinsumBiasAxes& value) {
  out[key] = value.names.empty() ? Json(nullptr) : Json(value.names);
}

void config_get(const Json& in, const ConfigField& field, EinsumBiasAxes& value) {
  value.names.clear();
  if (!in.is_null()) config_get(in, field, value.names);
}

EinsumDenseLayer::EinsumDenseLayer(Options options) : ConfiguredLayer("EinsumDense", std::move(options)) {
  const std::string& text = options_.equation;
  const std::size_t comma = text.find(',');
  const std::size_t arrow = text.find("->");
  const bool has_parts = comma != std::string::npos && arrow != std::string::npos && comma < arrow;
  if (has_parts) {
    equation_ = {text.substr(0, comma), text.substr(comma + 1, arrow - comma - 1), text.substr(arrow + 2)};
    const bool left_in = drop_front(equation_.input);
    const bool left_out = drop_front(equation_.output);
    const bool right_in = drop_back(equation_.input);
    const bool right_out = drop_back(equation_.output);
    const bool both = left_in == left_out && right_in == right_out && !(left_in && right_in);
    if (left_in) equation_.elided = Equation::Elided::left;
    if (right_in) equation_.elided = Equation::Elided::right;
    if (both && are_letters(equation_.input) && are_letters(equation_.kernel) &&
        are_letters(equation_.output))
      return;
  }
  throw ValueError(
      fmt::format("Invalid einsum equation '{}'. Equations must be in the form [X],[Y]->[Z], "
                  "...[X],[Y]->...[Z], or [X]...,[Y]->[Z]....",
                  text));
}

EinsumDenseLayer::Spelled EinsumDenseLayer::spelled_for(const Shape& input_shape) const {
  const auto named = static_cast<int>(equation_.input.size());
  const int elided = input_shape.rank() - named;
  if (elided < 0 || (elided > 0 && equation_.elided == Equation::Elided::none)) {
    throw ValueError(fmt::format("Layer \"{}\": the equation '{}' does not fit an input of shape {}.", name(),
                                 options_.equation, input_shape.str()));
  }
  const std::string used = equation_.input + equation_.kernel + equation_.output;
  std::string letters;
  for (char c = 'A'; c <= 'Z' && static_cast<int>(letters.size()) < elided; ++c) {
    if (used.find(c) == std::string::npos) letters += c;
  }
  if (equation_.elided == Equation::Elided::left)
    return {letters + equation_.input, equation_.kernel, letters + equation_.output};
  return {equation_.input + letters, equation_.kernel, equation_.output + letters};
}

Shape EinsumDenseLayer::compute_output_shape(const Shape& input_shape) {
  const Spelled spelled = spelled_for(input_shape);
  const int elided = input_shape.rank() - static_cast<int>(equation_.input.size());
  Shape result{input_shape[0]};
  if (equation_.elided == Equation::Elided::left) {
    for (int i = 1; i < elided; ++i) result.push_back(input_shape[i]);
  }
  for (const std::int64_t length : options_.output_shape.shape) result.push_back(length);
  if (equation_.elided == Equation::Elided::right) {
    for (int i = input_shape.rank() - elided; i < input_shape.rank(); ++i) result.push_back(input_shape[i]);
  }
  if (result.rank() != static_cast<int>(spelled.output.size())) {
    throw ValueError(fmt::format("Layer \"{}\": `output_shape` {} does not fit the equation '{}'.", name(),
                                 options_.output_shape.shape.str(), options_.equation));
  }
  for (int i = 0; i < result.rank(); ++i) {
    const std::size_t place = spelled.input.find(spelled.output[static_cast<std::size_t>(i)]);
    if (place == std::string::npos) continue;
    const std::int64_t of_input = input_shape[static_cast<int>(place)];
    // As in Keras a length that was not given stays unknown.
    if (result[i] != kNone && of_input != kNone && result[i] != of_input) {
      throw ValueError(
          fmt::format("Input shape and output shape do not match at shared dimension '{}'. Input shape is "
                      "{}, and output shape is {}.",
                      spelled.output[static_cast<std::size_t>(i)], of_input, result[i]));
    }
  }
  return result;
}

std::int64_t EinsumDenseLayer::length_of(char axis, const Spelled& spelled, const Shape& input_shape,
                                         const Shape& output_shape) const {
  const std::size_t in = spelled.input.find(axis);
  const std::size_t out = spelled.output.find(axis);
  std::int64_t length = kNone;
  if (in != std::string::npos) length = input_shape[static_cast<int>(in)];
  if (in == std::string::npos && out != std::string::npos) length = output_shape[static_cast<int>(out)];
  if (length == kNone || length < 1) {
    throw ValueError(
        fmt::format("Weight dimension '{}' did not have a match in either the input spec '{}' or the output "
                    "spec '{}' with a known length. For this layer, the weight must be fully specified.",
                    axis, spelled.input, spelled.output));
  }
  return length;
}

Shape EinsumDenseLayer::bias_shape(const Spelled& spelled, const Shape& output_shape) const {
  const std::string& wanted = options_.bias_axes.names;
  std::size_t first = std::string::npos;
  for (const char axis : wanted) {
    const std::size_t place = spelled.output.find(axis);
    if (place == std::string::npos) {
      throw ValueError(
          fmt::format("Bias dimension '{}' was requested, but is not part of the output spec '{}'", axis,
                      spelled.output));
    }
    first = std::min(first, place);
  }
  Shape shape;
  for (std::size_t i = first; i < spelled.output.size(); ++i) {
    const bool has = wanted.find(spelled.output[i]) != std::string::npos;
    shape.push_back(has ? output_shape[static_cast<int>(i)] : 1);
    if (shape.back() == kNone)
      throw ValueError(fmt::format("Layer \"{}\": the length of bias axis '{}' must be known.", name(),
                                   spelled.output[i]));
  }
  return shape;
}

void EinsumDenseLayer::build(const Shape& input_shape) {
  const Spelled spelled = spelled_for(input_shape);
  const Shape output_shape = compute_output_shape(input_shape);
  Shape kernel_shape;
  std::int64_t inputs = 1;
  std::int64_t outputs = 1;
  for (const char axis : spelled.kernel) {
    kernel_shape.push_back(length_of(axis, spelled, input_shape, output_shape));
    const bool summed = spelled.output.find(axis) == std::string::npos;
    std::int64_t& count = summed ? inputs : outputs;
    count = checked_multiply(count, kernel_shape.back());
  }
  kernel_ = add_weight({.shape = kernel_shape,
                        .initializer = for_matrix(options_.kernel_initializer, inputs, outputs),
                        .name = "kernel",
                        .regularizer = options_.kernel_regularizer,
                        .constraint = options_.kernel_constraint});
  if (!options_.bias_axes.names.empty()) {
    bias_ = add_weight({.shape = bias_shape(spelled, output_shape),
                        .initializer = options_.bias_initializer,
                        .name = "bias",
                        .regularizer = options_.bias_regularizer,
                        .constraint = options_.bias_constraint});
  }
  set_input_spec({.ndim = input_shape.rank()});
}

Tensor EinsumDenseLayer::call(const Tensor& input, const CallContext&) {
  const Spelled spelled = spelled_for(input.shape());
  Tensor y =
      ops::einsum(spelled.input + "," + spelled.kernel + "->" + spelled.output, {input, kernel_.value()});
  if (bias_) y = ops::add(y, bias_.value());
  return options_.activation(y);
}

void EinsumDenseLayer::put_config(Json& config) const {
  ConfiguredLayer::put_config(config);
  // Only quantized layers have more than null there.
  config_put(config, "quantization_config", nullptr);
}

}  // namespace sepal
