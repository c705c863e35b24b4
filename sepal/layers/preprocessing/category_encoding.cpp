#include "sepal/layers/preprocessing/category_encoding.h"

#include <fmt/format.h>

#include <algorithm>

#include "sepal/base/error.h"

namespace sepal {

CategoryEncodingLayer::CategoryEncodingLayer(Options options)
    : ConfiguredLayer("CategoryEncoding", std::move(options)) {
  const std::string& mode = options_.output_mode;
  if (mode != "count" && mode != "one_hot" && mode != "multi_hot")
    throw ValueError(fmt::format("Unknown arg for output_mode: {}", mode));
  if (options_.num_tokens < 1) {
    throw ValueError(fmt::format("`num_tokens` must be >= 1. Received: num_tokens={}.", options_.num_tokens));
  }
}

Shape CategoryEncodingLayer::compute_output_shape(const Shape& input_shape) {
  Shape shape = input_shape;
  const bool keeps_axis = options_.output_mode == "one_hot" && (shape.rank() < 2 || shape.back() != 1);
  if (!keeps_axis && shape.rank() > 0) shape = shape.slice(0, shape.rank() - 1);
  shape.push_back(options_.num_tokens);
  return shape;
}

Tensor CategoryEncodingLayer::call(const Tensor& input, const CallContext&) {
  const Shape shape = compute_output_shape(input.shape());
  const Tensor numbers = input.astype(DType::int64);
  Tensor result = Tensor::zeros(shape, DType::float64);
  const std::int64_t rows = shape.num_elements() / options_.num_tokens;
  const std::int64_t per_row = rows == 0 ? 0 : numbers.num_elements() / rows;
  const bool counts = options_.output_mode == "count";
  const std::int64_t* number = numbers.data<std::int64_t>();
  double* row = result.mutable_data<double>();
  for (std::int64_t i = 0; i < rows; ++i, row += options_.num_tokens) {
    for (std::int64_t k = 0; k < per_row; ++k, ++number) {
      if (*number < 0 || *number >= options_.num_tokens) continue;
      row[*number] = counts ? row[*number] + 1.0 : 1.0;
    }
  }
  return result.astype(compute_dtype());
}

}  // namespace sepal
