#include "sepal/kernels/softmax.h"

#include <algorithm>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/error.h"
#include "sepal/ops/activations.h"
#include "sepal/ops/array.h"
#include "sepal/ops/dispatch.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/half.h"
#include "sepal/ops/operands.h"
#include "sepal/ops/reduce.h"
#include "sepal/ops/rows.h"

namespace sepal::ops {
namespace {

// One kernel call on operands of x's shape.
template <class Kernel, class... Operands>
Tensor run_rows(const Tensor& x, Kernel kernel, const Operands&... operands) {
  Tensor out(x.shape(), x.dtype());
  dispatch_float(x.dtype(), [&](auto type) {
    using T = decltype(type);
    kernel(rows_of(x), x.data<T>(), operands.template data<T>()..., out.mutable_data<T>());
  });
  return out;
}

Tensor softmax_of_rows(const Tensor& x) {
  const Tensor y = run_rows(x, [](auto sizes, auto*... p) { kernels::softmax(sizes, p...); });
  if (GradientTape::is_recording({x})) {
    GradientTape::record("softmax", {x}, {y}, [y](const Tensors& g) {
      if (!GradientTape::is_recording({y, g[0]})) {
        return Tensors{run_rows(
            y, [](auto sizes, auto*... p) { kernels::softmax_gradient(sizes, p...); }, g[0])};
      }
      return Tensors{multiply(y, subtract(g[0], sum(multiply(y, g[0]), {{-1}}, true)))};
    });
  }
  return y;
}

Tensor log_softmax_of_rows(const Tensor& x) {
  const Tensor y = run_rows(x, [](auto sizes, auto*... p) { kernels::log_softmax(sizes, p...); });
  if (GradientTape::is_recording({x})) {
    GradientTape::record("log_softmax", {x}, {y}, [y](const Tensors& g) {
      if (!GradientTape::is_recording({y, g[0]})) {
        return Tensors{run_rows(
            y, [](auto sizes, auto*... p) { kernels::log_softmax_gradient(sizes, p...); }, g[0])};
      }
      return Tensors{subtract(g[0], multiply(exp(y), sum(g[0], {{-1}}, true)))};
    });
  }
  return y;
}

// f on the rows that `axes`, brought to the end and joined, are of x.
template <class F>
Tensor along_axes(const char* op, const Tensor& x, const std::vector<std::int64_t>& axes, F f) {
  expect_one_computable_dtype(op, {{"x", x}});
  if (is_half(x.dtype())) {
    return in_float32([&](const Tensor& wide) { return along_axes(op, wide, axes, f); }, x);
  }
  std::vector<bool> chosen(static_cast<std::size_t>(x.rank()), false);
  for (const std::int64_t axis : axes)
    chosen[static_cast<std::size_t>(normalize_axis(axis, x.rank()))] = true;
  std::vector<int> permutation;
  std::vector<int> inverse(chosen.size());
  std::int64_t length = 1;
  for (const bool wanted : {false, true}) {
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      if (chosen[i] != wanted) continue;
      inverse[i] = static_cast<int>(permutation.size());
      permutation.push_back(static_cast<int>(i));
      if (wanted) length *= x.shape()[static_cast<int>(i)];
    }
  }
  const bool in_place = permutation == inverse && std::is_sorted(permutation.begin(), permutation.end());
  if (in_place && axes.size() == 1) return f(x);
  const Tensor moved = in_place ? x : transpose(x, permutation);
  const Tensor rows = reshape(moved, {length == 0 ? 0 : x.num_elements() / length, length});
  const Tensor y = reshape(f(rows), moved.shape());
  return in_place ? y : transpose(y, inverse);
}

}  // namespace

Tensor softmax(const Tensor& x, std::int64_t axis) { return softmax(x, std::vector<std::int64_t>{axis}); }

Tensor softmax(const Tensor& x, const std::vector<std::int64_t>& axes) {
  return along_axes("softmax", x, axes, softmax_of_rows);
}

Tensor log_softmax(const Tensor& x, std::int64_t axis) {
  return along_axes("log_softmax", x, {axis}, log_softmax_of_rows);
}

}  // namespace sepal::ops
