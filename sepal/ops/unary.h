// Functions of one number, applied to each element of a tensor, with their first and second derivative.
//
// A function is a struct:
//   static constexpr const char* kName;   // for messages
//   static constexpr bool kFromOutput;    // whether the derivative is written in y = f(x) instead of in x:
//                                         // sigmoid' = y (1 - y). It spares keeping x and is often cheaper.
//   template <class T> T value(T x) const;
//   template <class T> T slope(T v) const;      // df/dx, v being x or y
//   template <class T> T curvature(T v) const;  // d slope / dv; left out where it is 0 everywhere
//
// The gradient is one fused pass, slope(v) * g, and is an op itself, so that a tape around it sees it.
#pragma once

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/kernels/elementwise.h"
#include "sepal/ops/dispatch.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/operands.h"

namespace sepal::ops {

/// f of the elements of one or more tensors of one shape and dtype. Not recorded.
template <class F, class... More>
Tensor map_elements(const F& f, const Tensor& first, const More&... more) {
  const DType dtype = first.dtype();
  if (is_half(dtype)) {
    return map_elements(f, first.astype(DType::float32), more.astype(DType::float32)...).astype(dtype);
  }
  Tensor out(first.shape(), dtype);
  dispatch_float(dtype, [&](auto type) {
    using T = decltype(type);
    kernels::map(first.num_elements(), f, out.mutable_data<T>(), first.data<T>(), more.template data<T>()...);
  });
  return out;
}

template <class F>
concept HasCurvature = requires(const F& f) {
  f.curvature(0.0);
};

/// curvature(v), whose own derivative is not implemented.
template <HasCurvature F>
Tensor unary_curvature(const Tensor& v, const F& f) {
  const Tensor out = map_elements([f](auto x) { return f.curvature(x); }, v);
  if (GradientTape::is_recording({v})) GradientTape::record_not_differentiable(F::kName, {v}, {out});
  return out;
}

/// g * slope(v).
template <class F>
Tensor unary_gradient(const Tensor& v, const Tensor& g, const F& f) {
  const Tensor out = map_elements([f](auto x, auto weight) { return weight * f.slope(x); }, v, g);
  if constexpr (HasCurvature<F>) {
    if (GradientTape::is_recording({v, g})) {
      GradientTape::record(F::kName, {v, g}, {out}, [v, g, f](const Tensors& outer) {
        return Tensors{multiply(multiply(outer[0], g), unary_curvature(v, f)),
                       unary_gradient(v, outer[0], f)};
      });
    }
  } else if (GradientTape::is_recording({g})) {
    GradientTape::record(F::kName, {g}, {out},
                         [v, f](const Tensors& outer) { return Tensors{unary_gradient(v, outer[0], f)}; });
  }
  return out;
}

/// f(x), recorded.
/// @throws TypeError if x is not a float.
template <class F>
Tensor unary(const Tensor& x, const F& f) {
  expect_one_computable_dtype(F::kName, {{"x", x}});
  const Tensor out = map_elements([f](auto v) { return f.value(v); }, x);
  if (GradientTape::is_recording({x})) {
    const Tensor& kept = F::kFromOutput ? out : x;
    GradientTape::record(F::kName, {x}, {out},
                         [v = kept, f](const Tensors& g) { return Tensors{unary_gradient(v, g[0], f)}; });
  }
  return out;
}

}  // namespace sepal::ops
