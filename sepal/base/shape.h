// Shape: the lengths of a tensor's axes; kNone marks a length that is not known yet.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace sepal {

/// An axis whose length is not known until the model runs (Python's None).
inline constexpr std::int64_t kNone = -1;

/// Tensors have at most this many axes.
inline constexpr int kMaxRank = 8;

class Shape {
 public:
  Shape() = default;  // rank 0: a scalar
  Shape(std::initializer_list<std::int64_t> dims) : dims_(dims) {}
  explicit Shape(std::vector<std::int64_t> dims) : dims_(std::move(dims)) {}

  int rank() const { return static_cast<int>(dims_.size()); }
  bool empty() const { return dims_.empty(); }

  /// Axis `axis`; a negative axis counts from the end.
  /// @throws ValueError if there is no such axis: shapes come from files and users, and not each rule about a
  /// rank is checked before the shape is read.
  std::int64_t operator[](int axis) const { return dims_[index(axis)]; }
  std::int64_t& operator[](int axis) { return dims_[index(axis)]; }

  std::int64_t back() const { return (*this)[-1]; }
  void push_back(std::int64_t dim) { dims_.push_back(dim); }
  auto begin() const { return dims_.begin(); }
  auto end() const { return dims_.end(); }
  const std::vector<std::int64_t>& dims() const { return dims_; }

  /// Product of the lengths; 1 for a scalar.
  /// @throws ValueError if a length is unknown or negative, or the product leaves 63 bits.
  std::int64_t num_elements() const;

  bool is_fully_defined() const;

  /// The axes [begin, end) as a shape of their own.
  Shape slice(int begin, int end) const;
  Shape slice(int begin) const { return slice(begin, rank()); }

  /// This shape with `dim` in front (a batch axis).
  Shape with_front(std::int64_t dim) const;

  /// As Python prints a tuple: "(None, 28, 28, 1)", "(5,)", "()".
  std::string str() const;

  bool operator==(const Shape&) const = default;

 private:
  std::size_t index(int axis) const {
    const auto i = static_cast<std::size_t>(axis < 0 ? axis + rank() : axis);
    if (i >= dims_.size()) throw_no_axis(axis);
    return i;
  }
  [[noreturn]] void throw_no_axis(int axis) const;

  std::vector<std::int64_t> dims_;
};

using Shapes = std::vector<Shape>;

/// a*b for lengths.
/// @throws ValueError if the product leaves 63 bits.
std::int64_t checked_multiply(std::int64_t a, std::int64_t b);

/// a + b for lengths.
/// @throws ValueError if the sum leaves 63 bits.
std::int64_t checked_add(std::int64_t a, std::int64_t b);

/// `axis` in [0, rank), counting negative axes from the end.
/// @throws ValueError naming the axis and the rank.
int normalize_axis(std::int64_t axis, int rank);

/// The shape that NumPy's broadcasting rule gives to two operands; kNone stays unknown.
/// @throws ValueError if they do not fit.
Shape broadcast_shapes(const Shape& a, const Shape& b);

}  // namespace sepal
