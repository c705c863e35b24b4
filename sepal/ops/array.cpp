#include "sepal/ops/array.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/error.h"
#include "sepal/base/parallel.h"
#include "sepal/kernels/strided_copy.h"
#include "sepal/ops/reduce.h"

namespace sepal::ops {
namespace {

using Axis = kernels::CopyAxis;

// Bytes of copying worth a thread.
constexpr std::int64_t kGrainBytes = 65536;

// The row-major strides of a shape, in elements.
std::vector<std::int64_t> strides_of(const Shape& shape) {
  std::vector<std::int64_t> strides(static_cast<std::size_t>(shape.rank()));
  std::int64_t stride = 1;
  for (int i = shape.rank() - 1; i >= 0; --i) {
    strides[static_cast<std::size_t>(i)] = stride;
    stride *= shape[i];
  }
  return strides;
}

std::byte* element(Tensor& tensor, std::int64_t index) {
  return static_cast<std::byte*>(tensor.mutable_raw()) +
         index * static_cast<std::int64_t>(size_of(tensor.dtype()));
}

const std::byte* element(const Tensor& tensor, std::int64_t index) {
  return static_cast<const std::byte*>(tensor.raw()) +
         index * static_cast<std::int64_t>(size_of(tensor.dtype()));
}

// A tensor around `axis`: the axes before it, and it together with those after it.
struct Around {
  Around(const Shape& shape, int axis)
      : outer(shape.slice(0, axis).num_elements()), inner(shape.slice(axis + 1).num_elements()) {}
  std::int64_t outer;
  std::int64_t inner;
};

// The length that kNone stands for in `shape`.
Shape resolved(const Shape& shape, const Tensor& x) {
  const auto unknown = std::count(shape.begin(), shape.end(), kNone);
  std::int64_t known = 1;
  for (const std::int64_t dim : shape) {
    if (dim != kNone) known = checked_multiply(known, dim);
  }
  const std::int64_t count = x.num_elements();
  const bool fits = unknown == 0 ? known == count : unknown == 1 && known > 0 && count % known == 0;
  if (!fits) {
    throw ValueError(fmt::format("reshape: cannot reshape a tensor of shape {} ({} elements) into shape {}.",
                                 x.shape().str(), count, shape.str()));
  }
  Shape result = shape;
  for (int i = 0; i < result.rank(); ++i) {
    if (result[i] == kNone) result[i] = count / known;
  }
  return result;
}

void check_permutation(const Tensor& x, const std::vector<int>& permutation) {
  std::vector<int> sorted = permutation;
  std::sort(sorted.begin(), sorted.end());
  bool valid = static_cast<int>(sorted.size()) == x.rank();
  for (int i = 0; valid && i < x.rank(); ++i) valid = sorted[static_cast<std::size_t>(i)] == i;
  if (valid) return;
  throw ValueError(
      fmt::format("transpose: argument `axes` must be a permutation of the {} axes of `x`. Received: "
                  "axes=({}), x.shape={}",
                  x.rank(), fmt::join(permutation, ", "), x.shape().str()));
}

// The shape of the concatenation along `axis`.
Shape concatenated_shape(const Tensors& tensors, int axis) {
  Shape shape = tensors[0].shape();
  shape[axis] = 0;
  bool fits = true;
  for (const Tensor& tensor : tensors) {
    if (tensor.dtype() != tensors[0].dtype()) {
      throw TypeError(fmt::format("concatenate: all tensors must have the same dtype. Received: {} and {}",
                                  name_of(tensors[0].dtype()), name_of(tensor.dtype())));
    }
    fits = fits && tensor.rank() == shape.rank();
    for (int i = 0; fits && i < shape.rank(); ++i) fits = i == axis || tensor.shape()[i] == shape[i];
    if (fits) shape[axis] += tensor.shape()[axis];
  }
  if (fits) return shape;
  std::string shapes;
  for (const Tensor& tensor : tensors) shapes += (shapes.empty() ? "" : ", ") + tensor.shape().str();
  throw ValueError(fmt::format("concatenate: all dimensions except axis={} must match. Received: shapes [{}]",
                               axis, shapes));
}

// Writes the rows of all tensors, one tensor's behind the other's, for each of the `outer` rows of `out`: the
// result is written in one run through memory.
void join_rows(const Tensors& tensors, std::int64_t outer, Tensor& out) {
  if (out.num_elements() == 0) return;
  struct Rows {
    const std::byte* first;
    std::size_t bytes;  // of one row
  };
  std::vector<Rows> sources;
  for (const Tensor& tensor : tensors) {
    sources.push_back(
        {static_cast<const std::byte*>(tensor.raw()), tensor.nbytes() / static_cast<std::size_t>(outer)});
  }
  const std::size_t total = out.nbytes() / static_cast<std::size_t>(outer);
  auto* to = static_cast<std::byte*>(out.mutable_raw());
  const std::int64_t grain = std::max<std::int64_t>(1, kGrainBytes / static_cast<std::int64_t>(total));
  parallel_for(outer, grain, [&](std::int64_t begin, std::int64_t end) {
    for (auto row = static_cast<std::size_t>(begin); row < static_cast<std::size_t>(end); ++row) {
      std::byte* target = to + row * total;
      for (const Rows& source : sources) {
        std::memcpy(target, source.first + row * source.bytes, source.bytes);
        target += source.bytes;
      }
    }
  });
}

// The gradient of take_steps: zeros of the shape `wide` with g where its elements came from.
Tensor spread_steps(const Tensor& g, const Shape& wide, int axis, std::int64_t first, std::int64_t step) {
  Tensor out = Tensor::zeros(wide, g.dtype());
  const std::int64_t count = g.shape()[axis];
  const Around around(wide, axis);
  kernels::copy_strided({{around.outer, count * around.inner, wide[axis] * around.inner},
                         {count, around.inner, step * around.inner},
                         {around.inner, 1, 1}},
                        size_of(g.dtype()), g.raw(), element(out, first * around.inner));
  if (GradientTape::is_recording({g})) {
    GradientTape::record("take_steps", {g}, {out}, [axis, first, step, count](const Tensors& outer) {
      return Tensors{take_steps(outer[0], axis, first, step, count)};
    });
  }
  return out;
}

// The inner part of x that `padding` surrounded.
Tensor unpad(Tensor x, const std::vector<std::pair<std::int64_t, std::int64_t>>& padding) {
  for (std::size_t i = 0; i < padding.size(); ++i) {
    const auto [before, after] = padding[i];
    if (before == 0 && after == 0) continue;
    const auto axis = static_cast<int>(i);
    x = slice(x, axis, before, x.shape()[axis] - after);
  }
  return x;
}

}  // namespace

Tensor reshape(const Tensor& x, const Shape& shape) {
  const Tensor out = x.reshaped(resolved(shape, x));
  if (GradientTape::is_recording({x})) {
    GradientTape::record("reshape", {x}, {out},
                         [from = x.shape()](const Tensors& g) { return Tensors{reshape(g[0], from)}; });
  }
  return out;
}

Tensor transpose(const Tensor& x, const std::vector<int>& permutation) {
  check_permutation(x, permutation);
  const std::vector<std::int64_t> from = strides_of(x.shape());
  Shape shape = x.shape();
  for (int i = 0; i < shape.rank(); ++i) shape[i] = x.shape()[permutation[static_cast<std::size_t>(i)]];
  const std::vector<std::int64_t> to = strides_of(shape);
  std::vector<Axis> axes;
  std::vector<int> inverse(permutation.size());
  for (std::size_t i = 0; i < permutation.size(); ++i) {
    const auto source = static_cast<std::size_t>(permutation[i]);
    axes.push_back({shape[static_cast<int>(i)], from[source], to[i]});
    inverse[source] = static_cast<int>(i);
  }
  Tensor out(shape, x.dtype());
  kernels::copy_strided(std::move(axes), size_of(x.dtype()), x.raw(), out.mutable_raw());
  if (GradientTape::is_recording({x})) {
    GradientTape::record("transpose", {x}, {out},
                         [inverse](const Tensors& g) { return Tensors{transpose(g[0], inverse)}; });
  }
  return out;
}

Tensor concatenate(const Tensors& tensors, std::int64_t axis_argument) {
  if (tensors.empty()) throw ValueError("concatenate: expected at least one tensor. Received: none");
  const int axis = normalize_axis(axis_argument, tensors[0].rank());
  const Shape shape = concatenated_shape(tensors, axis);
  Tensor out(shape, tensors[0].dtype());
  join_rows(tensors, Around(shape, axis).outer, out);
  if (GradientTape::is_recording(tensors)) {
    std::vector<std::int64_t> lengths;
    for (const Tensor& tensor : tensors) lengths.push_back(tensor.shape()[axis]);
    GradientTape::record("concatenate", tensors, {out}, [lengths, axis](const Tensors& g) {
      Tensors gradients;
      std::int64_t begin = 0;
      for (const std::int64_t length : lengths) {
        gradients.push_back(slice(g[0], axis, begin, begin + length));
        begin += length;
      }
      return gradients;
    });
  }
  return out;
}

Tensor slice(const Tensor& x, std::int64_t axis_argument, std::int64_t begin, std::int64_t end) {
  const int axis = normalize_axis(axis_argument, x.rank());
  const std::int64_t length = x.shape()[axis];
  if (begin < 0 || end < begin || end > length) {
    throw ValueError(fmt::format("slice: elements [{}, {}) are outside of axis {} of a tensor of shape {}.",
                                 begin, end, axis, x.shape().str()));
  }
  Shape shape = x.shape();
  shape[axis] = end - begin;
  const Around around(shape, axis);
  const std::int64_t row = (end - begin) * around.inner;
  Tensor out(shape, x.dtype());
  kernels::copy_strided({{around.outer, length * around.inner, row}, {row, 1, 1}}, size_of(x.dtype()),
                        element(x, begin * around.inner), out.mutable_raw());
  if (GradientTape::is_recording({x})) {
    std::vector<std::pair<std::int64_t, std::int64_t>> padding(static_cast<std::size_t>(x.rank()));
    padding[static_cast<std::size_t>(axis)] = {begin, length - end};
    GradientTape::record("slice", {x}, {out},
                         [padding](const Tensors& g) { return Tensors{pad(g[0], padding)}; });
  }
  return out;
}

Tensor take_steps(const Tensor& x, std::int64_t axis_argument, std::int64_t first, std::int64_t step,
                  std::int64_t count) {
  const int axis = normalize_axis(axis_argument, x.rank());
  const std::int64_t length = x.shape()[axis];
  // Divisions, so that no product overflows.
  const std::int64_t room = step > 0 ? length - 1 - first : first;
  const bool inside = step != 0 && count >= 0 &&
                      (count == 0 || (first >= 0 && first < length && (count - 1) <= room / std::abs(step)));
  if (!inside) {
    throw ValueError(
        fmt::format("take_steps: {} elements from {} in steps of {} are outside of axis {} of a tensor of "
                    "shape {}.",
                    count, first, step, axis, x.shape().str()));
  }
  Shape shape = x.shape();
  shape[axis] = count;
  Tensor out(shape, x.dtype());
  if (count == 0) return out;
  const Around around(shape, axis);
  kernels::copy_strided({{around.outer, length * around.inner, count * around.inner},
                         {count, step * around.inner, around.inner},
                         {around.inner, 1, 1}},
                        size_of(x.dtype()), element(x, first * around.inner), out.mutable_raw());
  if (GradientTape::is_recording({x})) {
    GradientTape::record("take_steps", {x}, {out}, [wide = x.shape(), axis, first, step](const Tensors& g) {
      return Tensors{spread_steps(g[0], wide, axis, first, step)};
    });
  }
  return out;
}

Tensor flip(const Tensor& x, std::int64_t axis_argument) {
  const int axis = normalize_axis(axis_argument, x.rank());
  const std::int64_t length = x.shape()[axis];
  return take_steps(x, axis, length - 1, -1, length);
}

Tensor stack(const Tensors& tensors, std::int64_t axis_argument) {
  if (tensors.empty()) throw ValueError("stack: expected at least one tensor. Received: none");
  const int axis = normalize_axis(axis_argument, tensors[0].rank() + 1);
  Tensors thin;
  for (const Tensor& tensor : tensors) {
    if (tensor.shape() != tensors[0].shape()) {
      throw ValueError(fmt::format("stack: all tensors must have one shape. Received: {} and {}",
                                   tensors[0].shape().str(), tensor.shape().str()));
    }
    Shape shape = tensor.shape().slice(0, axis);
    shape.push_back(1);
    for (const std::int64_t dim : tensor.shape().slice(axis)) shape.push_back(dim);
    thin.push_back(reshape(tensor, shape));
  }
  return concatenate(thin, axis);
}

Tensor tile(const Tensor& x, const std::vector<std::int64_t>& repeats) {
  if (static_cast<int>(repeats.size()) != x.rank() ||
      std::any_of(repeats.begin(), repeats.end(), [](std::int64_t n) { return n < 1; })) {
    throw ValueError(
        fmt::format("tile: argument `repeats` must have a positive number for each of the {} axes of `x`. "
                    "Received: ({})",
                    x.rank(), fmt::join(repeats, ", ")));
  }
  Tensor result = x;
  for (int axis = 0; axis < x.rank(); ++axis) {
    const std::int64_t count = repeats[static_cast<std::size_t>(axis)];
    if (count == 1) continue;
    // Along an axis of its own, which then joins the one behind it.
    Shape apart = result.shape().slice(0, axis);
    apart.push_back(1);
    for (const std::int64_t dim : result.shape().slice(axis)) apart.push_back(dim);
    Shape repeated = apart;
    repeated[axis] = count;
    Shape joined = result.shape();
    joined[axis] = checked_multiply(joined[axis], count);
    result = reshape(broadcast_to(reshape(result, apart), repeated), joined);
  }
  return result;
}

Tensor broadcast_to(const Tensor& x, const Shape& shape) {
  if (broadcast_shapes(x.shape(), shape) != shape) {
    throw ValueError(fmt::format("broadcast_to: a tensor of shape {} does not broadcast to shape {}.",
                                 x.shape().str(), shape.str()));
  }
  Tensor out(shape, x.dtype());
  const std::vector<std::int64_t> from = strides_of(x.shape());
  const std::vector<std::int64_t> to = strides_of(shape);
  const int added = shape.rank() - x.rank();
  std::vector<Axis> axes;
  for (int i = 0; i < shape.rank(); ++i) {
    const bool repeats = i < added || x.shape()[i - added] == 1;
    axes.push_back(
        {shape[i], repeats ? 0 : from[static_cast<std::size_t>(i - added)], to[static_cast<std::size_t>(i)]});
  }
  kernels::copy_strided(std::move(axes), size_of(x.dtype()), x.raw(), out.mutable_raw());
  if (GradientTape::is_recording({x})) {
    GradientTape::record("broadcast_to", {x}, {out}, [narrow = x.shape()](const Tensors& g) {
      return Tensors{sum_to_shape(g[0], narrow)};
    });
  }
  return out;
}

Tensor pad(const Tensor& x, const std::vector<std::pair<std::int64_t, std::int64_t>>& padding) {
  if (static_cast<int>(padding.size()) != x.rank()) {
    throw ValueError(
        fmt::format("pad: argument `pad_width` must have a pair for each of the {} axes of `x`. Received: {} "
                    "pairs, x.shape={}",
                    x.rank(), padding.size(), x.shape().str()));
  }
  Shape shape = x.shape();
  for (int i = 0; i < x.rank(); ++i) {
    const auto [before, after] = padding[static_cast<std::size_t>(i)];
    if (before < 0 || after < 0) {
      throw ValueError(
          fmt::format("pad: argument `pad_width` must not be negative. Received: ({}, {}) for axis {}",
                      before, after, i));
    }
    shape[i] += before + after;
  }
  Tensor out = Tensor::zeros(shape, x.dtype());
  const std::vector<std::int64_t> from = strides_of(x.shape());
  const std::vector<std::int64_t> to = strides_of(shape);
  std::vector<Axis> axes;
  std::int64_t first = 0;
  for (std::size_t i = 0; i < padding.size(); ++i) {
    axes.push_back({x.shape()[static_cast<int>(i)], from[i], to[i]});
    first += padding[i].first * to[i];
  }
  kernels::copy_strided(std::move(axes), size_of(x.dtype()), x.raw(), element(out, first));
  if (GradientTape::is_recording({x})) {
    GradientTape::record("pad", {x}, {out},
                         [padding](const Tensors& g) { return Tensors{unpad(g[0], padding)}; });
  }
  return out;
}

Tensor repeat(const Tensor& x, std::int64_t count, std::int64_t axis_argument) {
  const int axis = normalize_axis(axis_argument, x.rank());
  if (count < 1)
    throw ValueError(fmt::format("repeat: argument `repeats` must be positive. Received: {}", count));
  Shape apart = x.shape().slice(0, axis + 1);
  apart.push_back(1);
  for (const std::int64_t dim : x.shape().slice(axis + 1)) apart.push_back(dim);
  Shape repeated = apart;
  repeated[axis + 1] = count;
  Shape joined = x.shape();
  joined[axis] = checked_multiply(joined[axis], count);
  return reshape(broadcast_to(reshape(x, apart), repeated), joined);
}

Tensor take_rows(const Tensor& x, const std::vector<std::int64_t>& rows) {
  if (x.rank() < 1)
    throw ValueError("take_rows: argument `x` must have at least one axis. Received: shape=()");
  for (const std::int64_t row : rows) {
    if (row < 0 || row >= x.shape()[0]) {
      throw InvalidArgumentError(fmt::format("take_rows: row {} is not in [0, {}). Received: x.shape={}", row,
                                             x.shape()[0], x.shape().str()));
    }
  }
  Tensor out(x.shape().slice(1).with_front(static_cast<std::int64_t>(rows.size())), x.dtype());
  if (out.num_elements() == 0) return out;
  const std::size_t bytes = out.nbytes() / rows.size();
  auto* to = static_cast<std::byte*>(out.mutable_raw());
  const auto* from = static_cast<const std::byte*>(x.raw());
  const std::int64_t grain = std::max<std::int64_t>(1, kGrainBytes / static_cast<std::int64_t>(bytes));
  parallel_for(static_cast<std::int64_t>(rows.size()), grain, [&](std::int64_t begin, std::int64_t end) {
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
      std::memcpy(to + i * bytes, from + static_cast<std::size_t>(rows[i]) * bytes, bytes);
    }
  });
  return out;
}

Tensor identity(const Tensor& x) {
  const Tensor out = x.reshaped(x.shape());
  if (GradientTape::is_recording({x})) {
    GradientTape::record("identity", {x}, {out}, [](const Tensors& g) { return g; });
  }
  return out;
}

Tensor stop_gradient(const Tensor& x) { return x.reshaped(x.shape()); }

}  // namespace sepal::ops
