#include "sepal/base/shape.h"

#include <fmt/format.h>

#include <algorithm>

#include "sepal/base/error.h"

namespace sepal {

std::int64_t checked_multiply(std::int64_t a, std::int64_t b) {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) {
    throw ValueError(fmt::format("Shape is too large: the product of {} and {} leaves 63 bits.", a, b));
  }
  return product;
}

std::int64_t checked_add(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) {
    throw ValueError(fmt::format("Shape is too large: the sum of {} and {} leaves 63 bits.", a, b));
  }
  return sum;
}

void Shape::throw_no_axis(int axis) const {
  throw ValueError(fmt::format("There is no axis {} in shape {}.", axis, str()));
}

std::int64_t Shape::num_elements() const {
  std::int64_t product = 1;
  for (const std::int64_t dim : dims_) {
    if (dim < 0) throw ValueError(fmt::format("Shape {} is not fully defined.", str()));
    product = checked_multiply(product, dim);
  }
  return product;
}

bool Shape::is_fully_defined() const {
  return std::all_of(dims_.begin(), dims_.end(), [](std::int64_t dim) { return dim >= 0; });
}

Shape Shape::slice(int begin, int end) const {
  return Shape(std::vector<std::int64_t>(dims_.begin() + begin, dims_.begin() + end));
}

Shape Shape::with_front(std::int64_t dim) const {
  std::vector<std::int64_t> dims{dim};
  dims.insert(dims.end(), dims_.begin(), dims_.end());
  return Shape(std::move(dims));
}

std::string Shape::str() const {
  std::string text = "(";
  for (std::size_t i = 0; i < dims_.size(); ++i) {
    if (i > 0) text += ", ";
    text += dims_[i] == kNone ? std::string("None") : std::to_string(dims_[i]);
  }
  return text + (dims_.size() == 1 ? ",)" : ")");
}

int normalize_axis(std::int64_t axis, int rank) {
  if (axis < -rank || axis >= rank) {
    throw ValueError(
        fmt::format("Invalid value for argument `axis`. Expected a value in [{}, {}). Received: axis={}",
                    -rank, rank, axis));
  }
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

Shape broadcast_shapes(const Shape& a, const Shape& b) {
  const int rank = std::max(a.rank(), b.rank());
  std::vector<std::int64_t> dims(static_cast<std::size_t>(rank));
  for (int i = 1; i <= rank; ++i) {
    const std::int64_t da = i <= a.rank() ? a[-i] : 1;
    const std::int64_t db = i <= b.rank() ? b[-i] : 1;
    std::int64_t dim = da;
    if (da == 1 || (da == kNone && db != 1)) {
      dim = db;
    } else if (db != 1 && db != kNone && db != da) {
      throw ValueError(fmt::format(
          "Cannot broadcast shape, the failure dim has value {}, which cannot be broadcasted to {}. "
          "Input shapes are: {} and {}.",
          da, db, a.str(), b.str()));
    }
    dims[static_cast<std::size_t>(rank - i)] = dim;
  }
  return Shape(std::move(dims));
}

}  // namespace sepal
