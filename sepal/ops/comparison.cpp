#include "sepal/ops/comparison.h"

#include <fmt/format.h>

#include "sepal/base/error.h"
#include "sepal/kernels/elementwise.h"
#include "sepal/ops/array.h"
#include "sepal/ops/elementwise.h"

namespace sepal::ops {
namespace {

Tensor in_shape(const Tensor& x, const Shape& shape) {
  return x.shape() == shape ? x : broadcast_to(x, shape);
}

// bool of f(a, b), both broadcast and read as T.
template <class T, class F>
Tensor truth(const Tensor& a, const Tensor& b, F f) {
  const Shape shape = broadcast_shapes(a.shape(), b.shape());
  const Tensor left = in_shape(a, shape).astype(kDTypeOf<T>);
  const Tensor right = in_shape(b, shape).astype(kDTypeOf<T>);
  Tensor out(shape, DType::boolean);
  kernels::map(out.num_elements(), f, out.mutable_data<bool>(), left.data<T>(), right.data<T>());
  return out;
}

template <class F>
Tensor compared(const char* op, const Tensor& a, const Tensor& b, F f) {
  if (a.dtype() != b.dtype()) {
    throw TypeError(fmt::format("{}: the operands must have one dtype. Received: {} and {}", op,
                                name_of(a.dtype()), name_of(b.dtype())));
  }
  // Whole numbers of 64 bits do not all fit into a double.
  if (!is_floating(a.dtype()) && a.dtype() != DType::uint64) return truth<std::int64_t>(a, b, f);
  return truth<double>(a, b, f);
}

void expect_bool(const char* op, const Tensor& x) {
  if (x.dtype() != DType::boolean) {
    throw TypeError(
        fmt::format("{}: the argument must have dtype bool. Received: dtype={}", op, name_of(x.dtype())));
  }
}

template <class F>
Tensor joined(const char* op, const Tensor& a, const Tensor& b, F f) {
  expect_bool(op, a);
  expect_bool(op, b);
  return truth<bool>(a, b, f);
}

}  // namespace

Tensor equal(const Tensor& a, const Tensor& b) {
  return compared("equal", a, b, [](auto x, auto y) { return x == y; });
}
Tensor not_equal(const Tensor& a, const Tensor& b) {
  return compared("not_equal", a, b, [](auto x, auto y) { return x != y; });
}
Tensor greater(const Tensor& a, const Tensor& b) {
  return compared("greater", a, b, [](auto x, auto y) { return x > y; });
}
Tensor greater_equal(const Tensor& a, const Tensor& b) {
  return compared("greater_equal", a, b, [](auto x, auto y) { return x >= y; });
}
Tensor less(const Tensor& a, const Tensor& b) {
  return compared("less", a, b, [](auto x, auto y) { return x < y; });
}
Tensor less_equal(const Tensor& a, const Tensor& b) {
  return compared("less_equal", a, b, [](auto x, auto y) { return x <= y; });
}

Tensor logical_and(const Tensor& a, const Tensor& b) {
  return joined("logical_and", a, b, [](bool x, bool y) { return x && y; });
}
Tensor logical_xor(const Tensor& a, const Tensor& b) {
  return joined("logical_xor", a, b, [](bool x, bool y) { return x != y; });
}
Tensor logical_not(const Tensor& a) {
  return joined("logical_not", a, a, [](bool x, bool) { return !x; });
}

Tensor any(const Tensor& x, const Axes& axes, bool keepdims) {
  expect_bool("any", x);
  return max(x.astype(DType::float32), axes, keepdims).astype(DType::boolean);
}

Tensor all(const Tensor& x, const Axes& axes, bool keepdims) {
  return logical_not(any(logical_not(x), axes, keepdims));
}

Tensor select(const Tensor& condition, const Tensor& a, const Tensor& b) {
  const Shape shape = broadcast_shapes(condition.shape(), broadcast_shapes(a.shape(), b.shape()));
  return where(in_shape(condition, shape), in_shape(a, shape), in_shape(b, shape));
}

}  // namespace sepal::ops
