// Tensor: dtype + shape + an aligned, reference-counted, contiguous (row-major) buffer.
//
// A tensor is a value: copies share the buffer until one of them is written to (copy on write), so a copy is
// cheap and a change to one is never seen in another. It carries no gradient and no graph; `id` is what a
// GradientTape follows. It may carry a mask, which layers read and hand on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sepal/base/dtype.h"
#include "sepal/base/shape.h"

namespace sepal {

class Tensor {
 public:
  /// No value; `defined()` is false.
  Tensor() = default;

  /// Uninitialised elements.
  /// @throws ValueError if the shape is not fully defined or its bytes leave 46 bits.
  explicit Tensor(const Shape& shape, DType dtype = DType::float32);

  static Tensor zeros(const Shape& shape, DType dtype = DType::float32);
  static Tensor ones(const Shape& shape, DType dtype = DType::float32) { return full(shape, 1.0, dtype); }
  /// Every element is `value`, converted to `dtype`.
  static Tensor full(const Shape& shape, double value, DType dtype = DType::float32);
  static Tensor scalar(double value, DType dtype = DType::float32) { return full({}, value, dtype); }

  /// Row-major `values`.
  /// @throws ValueError if their number is not the shape's.
  template <class T>
  static Tensor from(std::span<const T> values, const Shape& shape) {
    Tensor tensor(shape, kDTypeOf<T>);
    tensor.copy_from(values.data(), values.size());
    return tensor;
  }
  template <class T>
  static Tensor from(const std::vector<T>& values, const Shape& shape) {
    return from(std::span<const T>(values), shape);
  }
  template <class T>
  static Tensor from(std::initializer_list<T> values, const Shape& shape) {
    return from(std::span<const T>(values.begin(), values.size()), shape);
  }

  bool defined() const { return impl_ != nullptr; }
  const Shape& shape() const;
  DType dtype() const;
  int rank() const { return shape().rank(); }
  std::int64_t num_elements() const;
  std::size_t nbytes() const;

  /// Elements for reading.
  /// @throws TypeError if T is not the tensor's dtype.
  template <class T>
  const T* data() const {
    expect_dtype(kDTypeOf<T>);
    return static_cast<const T*>(raw());
  }

  /// Elements for writing; first takes a copy of the buffer if another tensor shares it.
  /// @throws TypeError if T is not the tensor's dtype.
  template <class T>
  T* mutable_data() {
    expect_dtype(kDTypeOf<T>);
    return static_cast<T*>(mutable_raw());
  }

  template <class T>
  std::span<const T> values() const {
    return {data<T>(), static_cast<std::size_t>(num_elements())};
  }

  const void* raw() const;
  void* mutable_raw();

  /// The only element, as double, whatever the dtype.
  /// @throws ValueError if there is more than one.
  double item() const;
  /// Element `index` of the row-major order, as double, whatever the dtype.
  double at(std::int64_t index) const;

  /// The same elements in another shape; shares the buffer. Not recorded on a tape: see `ops::reshape`.
  /// @throws ValueError if the number of elements differs.
  Tensor reshaped(const Shape& shape) const;

  /// Rows [begin, end) of axis 0; shares the buffer.
  Tensor rows(std::int64_t begin, std::int64_t end) const;

  /// A tensor of its own with the same elements.
  Tensor clone() const;

  /// Elements converted as C++ converts numbers (float16 and bfloat16 round to nearest even); itself when the
  /// dtype is the same. Not recorded on a tape: see `ops::cast`.
  Tensor astype(DType dtype) const;

  /// Identity of this value for a GradientTape; copies share it, 0 when not defined.
  std::uint64_t id() const;

  /// Which time steps count: a boolean tensor of the leading axes, not defined if all do. It goes with this
  /// handle and its copies; the result of an op has none (Keras: `_keras_mask`).
  Tensor mask() const { return Tensor(mask_); }
  /// The same value with this mask; with none if `mask` is not defined.
  Tensor with_mask(const Tensor& mask) const;

  /// Shape, dtype and the first elements, for messages and debugging.
  std::string str() const;

 private:
  struct Impl;
  explicit Tensor(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  void expect_dtype(DType wanted) const;
  void copy_from(const void* values, std::size_t count);

  std::shared_ptr<Impl> impl_;
  std::shared_ptr<Impl> mask_;
};

using Tensors = std::vector<Tensor>;

}  // namespace sepal
