#include "sepal/ops/take.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/error.h"
#include "sepal/base/parallel.h"
#include "sepal/ops/array.h"
#include "sepal/ops/dispatch.h"
#include "sepal/ops/half.h"

namespace sepal::ops {
namespace {

using Rows = std::shared_ptr<const std::vector<std::int64_t>>;

// Columns of a row that one thread adds up: a few cache lines of each row it touches.
constexpr std::int64_t kColumns = 32;

Tensor take_numbers(const Tensor& table, const Rows& rows);

// A table of `count` rows of zeros, to which row i of g is added at rows[i].
Tensor add_rows(const Tensor& g, const Rows& rows, std::int64_t count) {
  if (is_half(g.dtype())) {
    return in_float32([&](const Tensor& wide) { return add_rows(wide, rows, count); }, g);
  }
  Tensor out = Tensor::zeros(g.shape().slice(1).with_front(count), g.dtype());
  const std::int64_t width = g.shape().slice(1).num_elements();
  dispatch_float(g.dtype(), [&](auto type) {
    using T = decltype(type);
    const T* from = g.data<T>();
    T* to = out.mutable_data<T>();
    parallel_parts((width + kColumns - 1) / kColumns, [&](std::int64_t part) {
      const std::int64_t begin = part * kColumns;
      const std::int64_t end = std::min(width, begin + kColumns);
      for (std::size_t i = 0; i < rows->size(); ++i) {
        const T* source = from + static_cast<std::int64_t>(i) * width;
        T* target = to + (*rows)[i] * width;
        for (std::int64_t k = begin; k < end; ++k) target[k] += source[k];
      }
    });
  });
  if (GradientTape::is_recording({g})) {
    GradientTape::record("take", {g}, {out},
                         [rows](const Tensors& outer) { return Tensors{take_numbers(outer[0], rows)}; });
  }
  return out;
}

Tensor take_numbers(const Tensor& table, const Rows& rows) {
  Tensor out = take_rows(table, *rows);
  if (GradientTape::is_recording({table})) {
    GradientTape::record("take", {table}, {out}, [rows, count = table.shape()[0]](const Tensors& g) {
      return Tensors{add_rows(g[0], rows, count)};
    });
  }
  return out;
}

}  // namespace

Tensor take(const Tensor& table, const Tensor& indices) {
  if (is_floating(indices.dtype()) || indices.dtype() == DType::boolean) {
    throw TypeError(fmt::format("take: argument `indices` must have a whole-number dtype. Received: dtype={}",
                                name_of(indices.dtype())));
  }
  if (table.rank() < 1)
    throw ValueError("take: argument `x` must have at least one axis. Received: shape=()");
  const Tensor numbers = indices.astype(DType::int64);
  const auto values = numbers.values<std::int64_t>();
  for (const std::int64_t value : values) {
    if (value < 0 || value >= table.shape()[0]) {
      throw InvalidArgumentError(
          fmt::format("take: index {} is not in [0, {}). Received: x.shape={}, indices.shape={}", value,
                      table.shape()[0], table.shape().str(), indices.shape().str()));
    }
  }
  const auto rows = std::make_shared<const std::vector<std::int64_t>>(values.begin(), values.end());
  Shape shape = indices.shape();
  for (const std::int64_t dim : table.shape().slice(1)) shape.push_back(dim);
  return reshape(take_numbers(table, rows), shape);
}

}  // namespace sepal::ops
