// The part of the Layer contract that is about masks.
#include <fmt/format.h>

#include <algorithm>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/error.h"
#include "sepal/layers/layer.h"
#include "sepal/layers/trial_shapes.h"

namespace sepal {
namespace {

bool any_defined(const Tensors& tensors) {
  return std::any_of(tensors.begin(), tensors.end(), [](const Tensor& t) { return t.defined(); });
}

[[noreturn]] void throw_unsupported_mask(const Layer& layer, const std::string& mask) {
  throw TypeError(
      fmt::format("Layer {} does not support masking, but was passed an input_mask: {}", layer.name(), mask));
}

// What running a layer on zeros may cost; beyond it a mask is taken to have the input's axes but the last.
constexpr std::int64_t kMostProbeElements = std::int64_t{1} << 24;

bool is_cheap(const Shape& shape) {
  std::int64_t elements = 1;
  for (const std::int64_t length : shape) {
    elements *= std::max<std::int64_t>(length, 8);
    if (elements > kMostProbeElements) return false;
  }
  return true;
}

std::shared_ptr<const KerasTensorData> mask_of_shape(const Shape& shape) {
  return std::make_shared<const KerasTensorData>(KerasTensorData{shape, DType::boolean, "mask"});
}

}  // namespace

void Layer::check_masks(const std::string& mask) const {
  if (!supports_masking_ && !drops_masks_) throw_unsupported_mask(*this, mask);
}

Tensors Layer::compute_masks(const Tensors&, const Tensors& masks) { return masks; }

Tensors Layer::compute_mask(const Tensors& inputs, const Tensors& masks) {
  if (!masks.empty() && masks.size() != inputs.size()) {
    throw ValueError(fmt::format(
        "The lists `inputs` and `mask` should have the same length. Received: {} inputs and {} masks",
        inputs.size(), masks.size()));
  }
  if (supports_masking_) return compute_masks(inputs, masks);
  for (const Tensor& mask : masks) {
    if (mask.defined()) throw_unsupported_mask(*this, mask.str());
  }
  return {};
}

Tensor Layer::compute_mask(const Tensor& input, const Tensor& mask) {
  const Tensors masks = compute_mask(Tensors{input}, mask.defined() ? Tensors{mask} : Tensors());
  return masks.empty() ? Tensor() : masks[0];
}

void Layer::attach_masks(const Tensors& inputs, const Tensors& masks, Tensors& outputs) {
  if (masks.empty() && !makes_mask()) return;
  if (!supports_masking_) {
    const auto first = std::find_if(masks.begin(), masks.end(), [](const Tensor& m) { return m.defined(); });
    check_masks(first->str());
    return;
  }
  const bool computed =
      std::all_of(outputs.begin(), outputs.end(), [](const Tensor& t) { return t.mask().defined(); });
  if (computed) return;
  const GradientTape::Pause no_tape;
  const Tensors computed_masks = compute_masks(inputs, masks);
  for (std::size_t i = 0; i < outputs.size() && i < computed_masks.size(); ++i) {
    if (!outputs[i].mask().defined()) outputs[i] = outputs[i].with_mask(computed_masks[i]);
  }
}

std::vector<std::shared_ptr<const KerasTensorData>> Layer::symbolic_masks(const KerasTensors& inputs) {
  const auto masked = std::find_if(inputs.begin(), inputs.end(),
                                   [](const KerasTensor& input) { return input.mask().defined(); });
  if (masked == inputs.end() && !makes_mask()) return {};
  if (!supports_masking_) {
    check_masks(masked->mask().str());
    return {};
  }
  if (!std::all_of(inputs.begin(), inputs.end(), [](const KerasTensor& t) { return is_cheap(t.shape()); })) {
    const Shape& shape = inputs[0].shape();
    return {mask_of_shape(shape.slice(0, std::max(shape.rank() - 1, 0)))};
  }
  const GradientTape::Pause no_tape;
  const auto run = [&](std::int64_t length) {
    Tensors values;
    Tensors masks;
    for (const KerasTensor& input : inputs) {
      values.push_back(Tensor::zeros(filled(input.shape(), length), input.dtype()));
      const KerasTensor mask = input.mask();
      masks.push_back(mask.defined() ? Tensor::zeros(filled(mask.shape(), length), DType::boolean)
                                     : Tensor());
    }
    return compute_masks(values, any_defined(masks) ? masks : Tensors());
  };
  const Tensors first = run(kFirstTrial);
  const Tensors second = run(kSecondTrial);
  std::vector<std::shared_ptr<const KerasTensorData>> masks;
  for (std::size_t i = 0; i < first.size(); ++i) {
    masks.push_back(first[i].defined() ? mask_of_shape(common_shape(first[i].shape(), second[i].shape()))
                                       : nullptr);
  }
  return masks;
}

}  // namespace sepal
