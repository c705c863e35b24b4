// Words that the recorded calls share.
#pragma once

#include <string>
#include <vector>

#include "sepal/sepal.h"
#include "tests/contract/calls.h"

namespace sepal::testing {

using layers::SeparableConv2D;
using Says = std::vector<std::string>;

inline constexpr const char* kTf14 = "tf14";
inline constexpr const char* kKeras2 = "k215";
inline constexpr const char* kRow = "row";

Tensor x(const Shape& shape);
KerasTensor s(const Shape& shape);

Json of_shape(const Shape& shape);
Json of_shape(const Tensor& tensor);
Json of_shape(const KerasTensor& tensor);

/// An object that Python would print.
Json printed(const Ref<Layer>& layer);

std::string raises(const char* error);

/// The class with the arguments as any JSON: what C++ has no literal for. L is one of those at the end of
/// call_words.cpp.
template <class L>
Json from(Json config, const char* key, Json value);

Json separable(const char* key, Json value);

SeparableConv2D layer();
SeparableConv2D built();
SeparableConv2D called_on(const std::vector<Shape>& shapes);

}  // namespace sepal::testing
