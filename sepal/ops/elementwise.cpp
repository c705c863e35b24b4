#include "sepal/ops/elementwise.h"

#include <cmath>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/kernels/broadcast.h"
#include "sepal/ops/dispatch.h"
#include "sepal/ops/operands.h"
#include "sepal/ops/reduce.h"

namespace sepal::ops {
namespace {

template <class F>
Tensor map_pair(const char* op, const Tensor& a, const Tensor& b, F f) {
  expect_one_computable_dtype(op, {{"x1", a}, {"x2", b}});
  expect_one_computable_dtype(op, {{"x2", b}});
  if (is_half(a.dtype())) {
    return map_pair(op, a.astype(DType::float32), b.astype(DType::float32), f).astype(a.dtype());
  }
  const bool alike = a.shape() == b.shape();
  Tensor out(alike ? a.shape() : broadcast_shapes(a.shape(), b.shape()), a.dtype());
  dispatch_float(a.dtype(), [&](auto type) {
    using T = decltype(type);
    T* target = out.mutable_data<T>();
    if (alike) return kernels::map(out.num_elements(), f, target, a.data<T>(), b.data<T>());
    const auto plan = kernels::plan_broadcast(a.shape(), b.shape(), out.shape());
    kernels::map_broadcast(plan, f, target, a.data<T>(), b.data<T>());
  });
  return out;
}

// Which operands a tape follows: the gradient of the other one (a constant, a dropout mask) is not computed.
struct Followed {
  Followed(const Tensor& x1, const Tensor& x2)
      : a(GradientTape::is_recording({x1})), b(GradientTape::is_recording({x2})) {}
  explicit operator bool() const { return a || b; }
  bool a;
  bool b;
};

// The elements where `keep(a, b)` holds as 1, the others as 0: a constant for every tape.
template <class Keep>
Tensor indicator(const Tensor& a, const Tensor& b, Keep keep) {
  return map_pair("indicator", a, b, [keep](auto x, auto y) {
    using T = decltype(x);
    return keep(x, y) ? T(1) : T(0);
  });
}

// maximum and minimum: `first_wins(a, b)` says where the first operand is the result.
template <class Pick, class FirstWins>
Tensor extreme(const char* op, const Tensor& a, const Tensor& b, Pick pick, FirstWins first_wins) {
  const Tensor out = map_pair(op, a, b, pick);
  if (const Followed followed(a, b); followed) {
    GradientTape::record(op, {a, b}, {out}, [a, b, followed, first_wins](const Tensors& g) {
      const Tensor first = indicator(a, b, first_wins);
      Tensors gradients(2);
      if (followed.a) gradients[0] = sum_to_shape(multiply(g[0], first), a.shape());
      if (followed.b) {
        const Tensor second = add(negative(first), 1.0);
        gradients[1] = sum_to_shape(multiply(g[0], second), b.shape());
      }
      return gradients;
    });
  }
  return out;
}

}  // namespace

Tensor add(const Tensor& a, const Tensor& b) {
  const Tensor out = map_pair("add", a, b, [](auto x, auto y) { return x + y; });
  if (const Followed followed(a, b); followed) {
    GradientTape::record("add", {a, b}, {out},
                         [followed, shape_a = a.shape(), shape_b = b.shape()](const Tensors& g) {
                           return Tensors{followed.a ? sum_to_shape(g[0], shape_a) : Tensor(),
                                          followed.b ? sum_to_shape(g[0], shape_b) : Tensor()};
                         });
  }
  return out;
}

Tensor subtract(const Tensor& a, const Tensor& b) {
  const Tensor out = map_pair("subtract", a, b, [](auto x, auto y) { return x - y; });
  if (const Followed followed(a, b); followed) {
    GradientTape::record("subtract", {a, b}, {out},
                         [followed, shape_a = a.shape(), shape_b = b.shape()](const Tensors& g) {
                           return Tensors{followed.a ? sum_to_shape(g[0], shape_a) : Tensor(),
                                          followed.b ? negative(sum_to_shape(g[0], shape_b)) : Tensor()};
                         });
  }
  return out;
}

Tensor multiply(const Tensor& a, const Tensor& b) {
  const Tensor out = map_pair("multiply", a, b, [](auto x, auto y) { return x * y; });
  if (const Followed followed(a, b); followed) {
    GradientTape::record("multiply", {a, b}, {out}, [a, b, followed](const Tensors& g) {
      return Tensors{followed.a ? sum_to_shape(multiply(g[0], b), a.shape()) : Tensor(),
                     followed.b ? sum_to_shape(multiply(g[0], a), b.shape()) : Tensor()};
    });
  }
  return out;
}

Tensor divide(const Tensor& a, const Tensor& b) {
  const Tensor out = map_pair("divide", a, b, [](auto x, auto y) { return x / y; });
  if (const Followed followed(a, b); followed) {
    GradientTape::record("divide", {a, b}, {out}, [a, b, out, followed](const Tensors& g) {
      const Tensor scaled = divide(g[0], b);
      return Tensors{followed.a ? sum_to_shape(scaled, a.shape()) : Tensor(),
                     followed.b ? negative(sum_to_shape(multiply(scaled, out), b.shape())) : Tensor()};
    });
  }
  return out;
}

// The comparisons keep NaN, whichever operand it is.
Tensor maximum(const Tensor& a, const Tensor& b) {
  return extreme(
      "maximum", a, b, [](auto x, auto y) { return ((x > y) | (x != x)) ? x : y; },
      [](auto x, auto y) { return x >= y; });
}

Tensor minimum(const Tensor& a, const Tensor& b) {
  return extreme(
      "minimum", a, b, [](auto x, auto y) { return ((x < y) | (x != x)) ? x : y; },
      [](auto x, auto y) { return x <= y; });
}

}  // namespace sepal::ops
