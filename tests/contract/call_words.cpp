#include "tests/contract/call_words.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace sepal::testing {

Tensor x(const Shape& shape) { return Tensor::ones(shape); }
KerasTensor s(const Shape& shape) { return Input({.batch_shape = shape}); }

Json of_shape(const Shape& shape) { return {{"shape", shape_to_json(shape)}}; }
Json of_shape(const Tensor& tensor) { return of_shape(tensor.shape()); }
Json of_shape(const KerasTensor& tensor) { return of_shape(tensor.shape()); }

Json printed(const Ref<Layer>& layer) { return "<" + layer->class_name() + ">"; }

std::string raises(const char* error) { return Json{{"raises", error}}.dump(); }

template <class L>
Json from(Json config, const char* key, Json value) {
  config[key] = std::move(value);
  return printed(Ref<L>::from_config(config));
}

Json separable(const char* key, Json value) {
  return from<SeparableConv2DLayer>({{"filters", 2}, {"kernel_size", 3}}, key, std::move(value));
}

SeparableConv2D layer() { return SeparableConv2D({.filters = 2, .kernel_size = 3}); }

SeparableConv2D built() {
  const SeparableConv2D made = layer();
  made->build_for({kNone, 5, 5, 3});
  return made;
}

SeparableConv2D called_on(const std::vector<Shape>& shapes) {
  const SeparableConv2D made = layer();
  // Held: a node lives as long as its results.
  static KerasTensors results;
  for (const Shape& shape : shapes) results.push_back(made(s(shape)));
  return made;
}

template Json from<DenseLayer>(Json, const char*, Json);
template Json from<LeakyReLULayer>(Json, const char*, Json);

}  // namespace sepal::testing
