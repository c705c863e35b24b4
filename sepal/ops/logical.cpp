#include "sepal/ops/logical.h"

#include <fmt/format.h>

#include <algorithm>

#include "sepal/base/error.h"
#include "sepal/ops/array.h"
#include "sepal/ops/half.h"

namespace sepal::ops {
namespace {

void expect_bool(const Tensor& x, const char* op) {
  if (x.dtype() != DType::boolean) {
    throw TypeError(
        fmt::format("{}: the argument must have dtype bool. Received: dtype={}", op, name_of(x.dtype())));
  }
}

// Compares in the dtype of x if it is a float: 0.1 is then the float32 nearest to it.
template <class Compare>
Tensor compared(const Tensor& x, double number, Compare compare) {
  const double value = as_stored(number, x.dtype());
  Tensor result(x.shape(), DType::boolean);
  bool* out = result.mutable_data<bool>();
  const auto run = [&](auto type, const Tensor& values) {
    using T = decltype(type);
    const T* elements = values.data<T>();
    for (std::int64_t i = 0; i < values.num_elements(); ++i)
      out[i] = compare(elements[i], static_cast<T>(value));
  };
  if (x.dtype() == DType::float32) {
    run(float{}, x);
  } else {
    run(double{}, x.astype(DType::float64));
  }
  return result;
}

}  // namespace

Tensor not_equal(const Tensor& x, double value) {
  return compared(x, value, [](auto a, auto b) { return a != b; });
}

Tensor greater(const Tensor& x, double value) {
  return compared(x, value, [](auto a, auto b) { return a > b; });
}

Tensor logical_or(const Tensor& a, const Tensor& b) {
  expect_bool(a, "logical_or");
  expect_bool(b, "logical_or");
  const Shape shape = broadcast_shapes(a.shape(), b.shape());
  const Tensor left = broadcast_to(a, shape);
  const Tensor right = broadcast_to(b, shape);
  Tensor result(shape, DType::boolean);
  bool* out = result.mutable_data<bool>();
  for (std::int64_t i = 0; i < result.num_elements(); ++i)
    out[i] = left.data<bool>()[i] || right.data<bool>()[i];
  return result;
}

Tensor any_of_last_axis(const Tensor& x, bool keepdims) {
  expect_bool(x, "any_of_last_axis");
  if (x.rank() == 0) throw ValueError("any_of_last_axis: the argument must have at least one axis.");
  const std::int64_t length = x.shape().back();
  Shape shape = x.shape().slice(0, x.rank() - 1);
  const std::int64_t rows = shape.num_elements();
  if (keepdims) shape.push_back(1);
  Tensor result(shape, DType::boolean);
  bool* out = result.mutable_data<bool>();
  const bool* row = x.data<bool>();
  for (std::int64_t i = 0; i < rows; ++i, row += length) {
    out[i] = std::any_of(row, row + length, [](bool b) { return b; });
  }
  return result;
}

}  // namespace sepal::ops
