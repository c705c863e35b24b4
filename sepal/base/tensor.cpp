#include "sepal/base/tensor.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>

#include "sepal/base/buffer.h"
#include "sepal/base/error.h"
#include "sepal/base/half.h"
#include "sepal/base/parallel.h"

namespace sepal {
namespace {

// The largest tensor: 64 TiB. Larger sizes come from damaged files, never from real models.
constexpr std::int64_t kMaxBytes = std::int64_t{1} << 46;

// Elements to convert that are worth a thread.
constexpr std::int64_t kConvertGrain = 16384;

std::uint64_t next_id() {
  static std::atomic<std::uint64_t> counter{0};
  return ++counter;
}

// Calls `visitor(static_cast<T*>(nullptr))` with the storage type of `dtype`.
template <class Visitor>
auto visit_dtype(DType dtype, Visitor&& visitor) {
  switch (dtype) {
    case DType::float32:
      return visitor(static_cast<float*>(nullptr));
    case DType::float64:
      return visitor(static_cast<double*>(nullptr));
    case DType::float16:
      return visitor(static_cast<Half*>(nullptr));
    case DType::bfloat16:
      return visitor(static_cast<BFloat16*>(nullptr));
    case DType::int8:
      return visitor(static_cast<std::int8_t*>(nullptr));
    case DType::int16:
      return visitor(static_cast<std::int16_t*>(nullptr));
    case DType::int32:
      return visitor(static_cast<std::int32_t*>(nullptr));
    case DType::int64:
      return visitor(static_cast<std::int64_t*>(nullptr));
    case DType::uint8:
      return visitor(static_cast<std::uint8_t*>(nullptr));
    case DType::uint16:
      return visitor(static_cast<std::uint16_t*>(nullptr));
    case DType::uint32:
      return visitor(static_cast<std::uint32_t*>(nullptr));
    case DType::uint64:
      return visitor(static_cast<std::uint64_t*>(nullptr));
    case DType::boolean:
      return visitor(static_cast<bool*>(nullptr));
  }
  throw TypeError("Unknown dtype.");
}

template <class To, class From>
To convert(From value) {
  if constexpr (std::is_same_v<From, Half> || std::is_same_v<From, BFloat16>) {
    return convert<To>(static_cast<float>(value));
  } else if constexpr (std::is_same_v<To, Half> || std::is_same_v<To, BFloat16>) {
    return To(static_cast<float>(value));
  } else if constexpr (std::is_same_v<To, bool>) {
    return value != From(0);
  } else {
    return static_cast<To>(value);
  }
}

}  // namespace

struct Tensor::Impl {
  std::shared_ptr<std::byte[]> buffer;
  std::size_t offset = 0;  // bytes
  Shape shape;
  std::int64_t num_elements = 0;
  DType dtype = DType::float32;
  std::uint64_t id = next_id();
};

Tensor::Tensor(const Shape& shape, DType dtype) : impl_(std::make_shared<Impl>()) {
  if (shape.rank() > kMaxRank) {
    throw ValueError(fmt::format("A tensor has at most {} axes. Received: shape={}", kMaxRank, shape.str()));
  }
  impl_->num_elements = shape.num_elements();
  const std::int64_t bytes = checked_multiply(impl_->num_elements, static_cast<std::int64_t>(size_of(dtype)));
  if (bytes > kMaxBytes) {
    throw ValueError(
        fmt::format("A tensor has at most {} bytes. Received: shape={}", kMaxBytes, shape.str()));
  }
  impl_->shape = shape;
  impl_->dtype = dtype;
  impl_->buffer = allocate_buffer(static_cast<std::size_t>(bytes));
}

Tensor Tensor::zeros(const Shape& shape, DType dtype) {
  Tensor tensor(shape, dtype);
  std::memset(tensor.mutable_raw(), 0, tensor.nbytes());
  return tensor;
}

Tensor Tensor::full(const Shape& shape, double value, DType dtype) {
  Tensor tensor(shape, dtype);
  visit_dtype(dtype, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    auto* out = static_cast<T*>(tensor.mutable_raw());
    std::fill_n(out, tensor.num_elements(), convert<T>(value));
  });
  return tensor;
}

const Shape& Tensor::shape() const {
  if (!impl_) throw ValueError("The tensor has no value.");
  return impl_->shape;
}

DType Tensor::dtype() const {
  if (!impl_) throw ValueError("The tensor has no value.");
  return impl_->dtype;
}

std::int64_t Tensor::num_elements() const { return impl_ ? impl_->num_elements : 0; }

std::size_t Tensor::nbytes() const {
  return static_cast<std::size_t>(num_elements()) * (impl_ ? size_of(impl_->dtype) : 0);
}

const void* Tensor::raw() const {
  if (!impl_) throw ValueError("The tensor has no value.");
  return impl_->buffer.get() + impl_->offset;
}

void* Tensor::mutable_raw() {
  if (!impl_) throw ValueError("The tensor has no value.");
  if (impl_.use_count() > 1 || impl_->buffer.use_count() > 1) *this = clone().with_mask(mask());
  return impl_->buffer.get() + impl_->offset;
}

double Tensor::at(std::int64_t index) const {
  if (index < 0 || index >= num_elements()) {
    throw ValueError(fmt::format("Element {} is outside of a tensor of {} elements.", index, num_elements()));
  }
  return visit_dtype(dtype(), [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    return convert<double>(static_cast<const T*>(raw())[index]);
  });
}

double Tensor::item() const {
  if (num_elements() != 1) {
    throw ValueError(fmt::format("Only a tensor with one element converts to a number. Received: shape={}",
                                 shape().str()));
  }
  return at(0);
}

Tensor Tensor::reshaped(const Shape& new_shape) const {
  if (new_shape.num_elements() != num_elements()) {
    throw ValueError(
        fmt::format("Cannot reshape a tensor of shape {} into shape {}.", shape().str(), new_shape.str()));
  }
  auto impl = std::make_shared<Impl>(*impl_);
  impl->shape = new_shape;
  impl->id = next_id();
  return Tensor(std::move(impl));
}

Tensor Tensor::rows(std::int64_t begin, std::int64_t end) const {
  if (rank() < 1 || begin < 0 || end < begin || end > shape()[0]) {
    throw ValueError(
        fmt::format("Rows [{}, {}) are outside of a tensor of shape {}.", begin, end, shape().str()));
  }
  auto impl = std::make_shared<Impl>(*impl_);
  impl->shape[0] = end - begin;
  impl->num_elements = impl->shape.num_elements();
  const std::int64_t row = impl_->shape.slice(1).num_elements();
  impl->offset += static_cast<std::size_t>(begin * row) * size_of(impl->dtype);
  impl->id = next_id();
  return Tensor(std::move(impl));
}

Tensor Tensor::clone() const {
  Tensor copy(shape(), dtype());
  std::memcpy(copy.impl_->buffer.get(), raw(), nbytes());
  return copy;
}

Tensor Tensor::astype(DType wanted) const {
  if (wanted == dtype()) return *this;
  Tensor result(shape(), wanted);
  visit_dtype(dtype(), [&](auto* from) {
    using From = std::remove_pointer_t<decltype(from)>;
    const auto* in = static_cast<const From*>(raw());
    visit_dtype(wanted, [&](auto* to) {
      using To = std::remove_pointer_t<decltype(to)>;
      auto* out = static_cast<To*>(result.mutable_raw());
      parallel_for(num_elements(), kConvertGrain, [in, out](std::int64_t begin, std::int64_t end) {
        std::transform(in + begin, in + end, out + begin, [](From v) { return convert<To>(v); });
      });
    });
  });
  return result;
}

Tensor Tensor::with_mask(const Tensor& mask) const {
  Tensor result = *this;
  result.mask_ = mask.impl_;
  return result;
}

std::uint64_t Tensor::id() const { return impl_ ? impl_->id : 0; }

std::string Tensor::str() const {
  if (!impl_) return "Tensor()";
  std::string text = fmt::format("Tensor(shape={}, dtype={}, values=[", shape().str(), name_of(dtype()));
  constexpr std::int64_t kShown = 8;
  for (std::int64_t i = 0; i < std::min(kShown, num_elements()); ++i) {
    text += fmt::format("{}{:g}", i > 0 ? ", " : "", at(i));
  }
  return text + (num_elements() > kShown ? ", …])" : "])");
}

void Tensor::expect_dtype(DType wanted) const {
  if (dtype() != wanted) {
    throw TypeError(fmt::format("The tensor's elements were asked for as {}. Received: dtype={}, shape={}",
                                name_of(wanted), name_of(dtype()), shape().str()));
  }
}

void Tensor::copy_from(const void* values, std::size_t count) {
  if (count != static_cast<std::size_t>(num_elements())) {
    throw ValueError(fmt::format("A tensor of shape {} has {} elements. Received: {} values", shape().str(),
                                 num_elements(), count));
  }
  if (count > 0) std::memcpy(mutable_raw(), values, nbytes());
}

}  // namespace sepal
