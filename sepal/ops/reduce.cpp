#include "sepal/ops/reduce.h"

#include <fmt/format.h>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/error.h"
#include "sepal/kernels/elementwise.h"
#include "sepal/kernels/reduce.h"
#include "sepal/ops/array.h"
#include "sepal/ops/dispatch.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/half.h"
#include "sepal/ops/operands.h"

namespace sepal::ops {
namespace {

using kernels::ReduceSizes;

// Which axes of `shape` are reduced.
std::vector<bool> reduced_axes(const Shape& shape, const Axes& axes) {
  std::vector<bool> reduced(static_cast<std::size_t>(shape.rank()), !axes.has_value());
  if (!axes) return reduced;
  for (const std::int64_t axis : *axes) {
    const auto i = static_cast<std::size_t>(normalize_axis(axis, shape.rank()));
    if (reduced[i]) {
      throw ValueError(
          fmt::format("Duplicate value in argument `axis`. Received: axis=({})", fmt::join(*axes, ", ")));
    }
    reduced[i] = true;
  }
  return reduced;
}

Shape reduced_shape(const Shape& shape, const std::vector<bool>& reduced, bool keepdims) {
  std::vector<std::int64_t> dims;
  for (int i = 0; i < shape.rank(); ++i) {
    const bool gone = reduced[static_cast<std::size_t>(i)];
    if (!gone) dims.push_back(shape[i]);
    if (gone && keepdims) dims.push_back(1);
  }
  return Shape(std::move(dims));
}

// Neighbouring axes that are all reduced or all kept; lengths 1 do not count.
struct Group {
  std::int64_t length;
  bool reduced;
};

std::vector<Group> groups_of(const Shape& shape, const std::vector<bool>& reduced) {
  std::vector<Group> groups;
  for (int i = 0; i < shape.rank(); ++i) {
    if (shape[i] == 1) continue;
    const bool gone = reduced[static_cast<std::size_t>(i)];
    if (!groups.empty() && groups.back().reduced == gone) {
      groups.back().length *= shape[i];
    } else {
      groups.push_back({shape[i], gone});
    }
  }
  return groups;
}

// The sizes that reduce the last reduced group; the group is removed. At least one is reduced.
ReduceSizes take_last_reduced(std::vector<Group>& groups) {
  ReduceSizes sizes{1, 1, 1};
  std::size_t i = groups.size() - 1;
  for (; !groups[i].reduced; --i) sizes.inner *= groups[i].length;
  sizes.count = groups[i].length;
  for (std::size_t k = 0; k < i; ++k) sizes.outer *= groups[k].length;
  groups.erase(groups.begin() + static_cast<std::ptrdiff_t>(i));
  return sizes;
}

bool any_reduced(const std::vector<Group>& groups) {
  for (const Group& group : groups) {
    if (group.reduced) return true;
  }
  return false;
}

// x summed along the reduced axes, divided by `divisor`. Sums stay double until the last.
Tensor summed(const Tensor& x, const std::vector<bool>& reduced, const Shape& shape, double divisor) {
  Tensor out(shape, x.dtype());
  std::vector<Group> groups = groups_of(x.shape(), reduced);
  dispatch_float(x.dtype(), [&](auto type) {
    using T = decltype(type);
    Tensor sums(shape, DType::float64);
    if (any_reduced(groups)) {
      ReduceSizes sizes = take_last_reduced(groups);
      sums = Tensor({sizes.outer, sizes.inner}, DType::float64);
      kernels::reduce_sum(sizes, x.data<T>(), sums.template mutable_data<double>());
      while (any_reduced(groups)) {
        sizes = take_last_reduced(groups);
        Tensor fewer({sizes.outer, sizes.inner}, DType::float64);
        kernels::reduce_sum(sizes, sums.template data<double>(), fewer.template mutable_data<double>());
        sums = fewer;
      }
    } else {
      sums = x.astype(DType::float64);
    }
    const auto finish = [divisor](double sum) { return static_cast<T>(sum / divisor); };
    kernels::map(out.num_elements(), finish, out.template mutable_data<T>(), sums.template data<double>());
  });
  return out;
}

// Sum (divisor 1) and mean (divisor the count).
Tensor divided_sum(const char* op, const Tensor& x, const std::vector<bool>& reduced, bool keepdims,
                   double divisor) {
  expect_one_computable_dtype(op, {{"x", x}});
  if (is_half(x.dtype())) {
    return in_float32([&](const Tensor& wide) { return divided_sum(op, wide, reduced, keepdims, divisor); },
                      x);
  }
  const Tensor out = summed(x, reduced, reduced_shape(x.shape(), reduced, keepdims), divisor);
  if (GradientTape::is_recording({x})) {
    GradientTape::record(
        op, {x}, {out},
        [wide = x.shape(), kept = reduced_shape(x.shape(), reduced, true), divisor](const Tensors& g) {
          const Tensor each = divisor == 1.0 ? g[0] : divide(g[0], Tensor::scalar(divisor, g[0].dtype()));
          return Tensors{broadcast_to(reshape(each, kept), wide)};
        });
  }
  return out;
}

enum class Extreme { kMax, kMin };

Tensor extreme_values(Extreme which, const Tensor& x, std::vector<Group> groups, const Shape& shape) {
  Tensor values = x;
  dispatch_float(x.dtype(), [&](auto type) {
    using T = decltype(type);
    while (any_reduced(groups)) {
      const ReduceSizes sizes = take_last_reduced(groups);
      Tensor fewer({sizes.outer, sizes.inner}, x.dtype());
      T* to = fewer.template mutable_data<T>();
      if (which == Extreme::kMax) {
        kernels::reduce_max(sizes, values.template data<T>(), to);
      } else {
        kernels::reduce_min(sizes, values.template data<T>(), to);
      }
      values = fewer;
    }
  });
  return values.reshaped(shape);
}

// For each element of x: weight / ties if it is the extreme of its group, else 0. `extremes` and `weight`
// have the shape of the result with keepdims. A constant for every tape.
Tensor shared(const Tensor& x, const Tensor& extremes, const Tensor& weight,
              const std::vector<bool>& reduced) {
  std::vector<Group> groups = groups_of(x.shape(), reduced);
  if (!any_reduced(groups)) return weight.reshaped(x.shape());
  const ReduceSizes sizes = take_last_reduced(groups);
  if (any_reduced(groups)) {
    // Reduced axes apart from each other: brought together at the end.
    std::vector<int> permutation;
    std::vector<int> inverse(static_cast<std::size_t>(x.rank()));
    std::vector<bool> gone;
    for (const bool wanted : {false, true}) {
      for (int i = 0; i < x.rank(); ++i) {
        if (reduced[static_cast<std::size_t>(i)] != wanted) continue;
        inverse[static_cast<std::size_t>(i)] = static_cast<int>(permutation.size());
        permutation.push_back(i);
        gone.push_back(wanted);
      }
    }
    return transpose(shared(transpose(x, permutation), extremes, weight, gone), inverse);
  }
  Tensor out(x.shape(), x.dtype());
  dispatch_float(x.dtype(), [&](auto type) {
    using T = decltype(type);
    kernels::share_among_ties(sizes, x.data<T>(), extremes.data<T>(), weight.data<T>(),
                              out.mutable_data<T>());
  });
  return out;
}

Tensor extreme(Extreme which, const char* op, const Tensor& x, const Axes& axes, bool keepdims) {
  expect_one_computable_dtype(op, {{"x", x}});
  if (is_half(x.dtype())) {
    return in_float32([&](const Tensor& wide) { return extreme(which, op, wide, axes, keepdims); }, x);
  }
  const std::vector<bool> reduced = reduced_axes(x.shape(), axes);
  const Tensor out =
      extreme_values(which, x, groups_of(x.shape(), reduced), reduced_shape(x.shape(), reduced, keepdims));
  if (GradientTape::is_recording({x})) {
    GradientTape::record(op, {x}, {out}, [x, out, reduced](const Tensors& g) {
      if (!GradientTape::is_recording({g[0]})) {
        const GradientTape::Pause constants;
        return Tensors{shared(x, out, g[0], reduced)};
      }
      Tensor shares;
      {
        const GradientTape::Pause constants;
        shares = shared(x, out, Tensor::ones(out.shape(), out.dtype()), reduced);
      }
      return Tensors{multiply(shares, reshape(g[0], reduced_shape(x.shape(), reduced, true)))};
    });
  }
  return out;
}

}  // namespace

Tensor sum(const Tensor& x, const Axes& axes, bool keepdims) {
  return divided_sum("sum", x, reduced_axes(x.shape(), axes), keepdims, 1.0);
}

Tensor mean(const Tensor& x, const Axes& axes, bool keepdims) {
  const std::vector<bool> reduced = reduced_axes(x.shape(), axes);
  double count = 1;
  for (int i = 0; i < x.rank(); ++i) {
    if (reduced[static_cast<std::size_t>(i)]) count *= static_cast<double>(x.shape()[i]);
  }
  return divided_sum("mean", x, reduced, keepdims, count);
}

Tensor max(const Tensor& x, const Axes& axes, bool keepdims) {
  return extreme(Extreme::kMax, "max", x, axes, keepdims);
}

Tensor min(const Tensor& x, const Axes& axes, bool keepdims) {
  return extreme(Extreme::kMin, "min", x, axes, keepdims);
}

Tensor argmax(const Tensor& x, std::int64_t axis_argument) {
  expect_one_computable_dtype("argmax", {{"x", x}});
  if (is_half(x.dtype())) return argmax(widened(x), axis_argument);
  const int axis = normalize_axis(axis_argument, x.rank());
  const Shape& shape = x.shape();
  std::vector<bool> reduced(static_cast<std::size_t>(x.rank()), false);
  reduced[static_cast<std::size_t>(axis)] = true;
  Tensor out(reduced_shape(shape, reduced, false), DType::int64);
  const ReduceSizes sizes{shape.slice(0, axis).num_elements(), shape[axis],
                          shape.slice(axis + 1).num_elements()};
  dispatch_float(x.dtype(), [&](auto type) {
    using T = decltype(type);
    kernels::argmax(sizes, x.data<T>(), out.mutable_data<std::int64_t>());
  });
  return out;
}

Tensor sum_to_shape(const Tensor& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  if (broadcast_shapes(x.shape(), shape) != x.shape()) {
    throw ValueError(
        fmt::format("sum_to_shape: shape {} does not broadcast to the shape of `x`. Received: "
                    "x.shape={}",
                    shape.str(), x.shape().str()));
  }
  const int added = x.rank() - shape.rank();
  std::vector<bool> reduced(static_cast<std::size_t>(x.rank()));
  for (int i = 0; i < x.rank(); ++i) {
    reduced[static_cast<std::size_t>(i)] = i < added || (shape[i - added] == 1 && x.shape()[i] != 1);
  }
  return reshape(divided_sum("sum", x, reduced, false, 1.0), shape);
}

}  // namespace sepal::ops
