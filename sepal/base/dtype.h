// Element types of tensors, with the names that NumPy and Keras give them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sepal {

enum class DType : std::uint8_t {
  float32,
  float64,
  float16,
  bfloat16,
  int8,
  int16,
  int32,
  int64,
  uint8,
  uint16,
  uint32,
  uint64,
  boolean,  // one byte, 0 or 1; called "bool" in files and messages
};

/// Bytes of one element.
std::size_t size_of(DType dtype);

/// The Keras name: "float32", "int64", "bool".
std::string_view name_of(DType dtype);

/// The dtype of a Keras name.
/// @throws TypeError if the name is not known.
DType dtype_from_name(std::string_view name);

/// float16, bfloat16, float32, float64.
bool is_floating(DType dtype);

/// Whether kernels compute in this dtype: float32 and float64.
bool is_computable(DType dtype);

/// float16 and bfloat16: ops compute these in float32 and round each result to the nearest, ties to even.
bool is_half(DType dtype);

template <class T>
inline constexpr DType kDTypeOf = DType::float32;  // specialised below for each C++ type
template <>
inline constexpr DType kDTypeOf<float> = DType::float32;
template <>
inline constexpr DType kDTypeOf<double> = DType::float64;
template <>
inline constexpr DType kDTypeOf<std::int8_t> = DType::int8;
template <>
inline constexpr DType kDTypeOf<std::int16_t> = DType::int16;
template <>
inline constexpr DType kDTypeOf<std::int32_t> = DType::int32;
template <>
inline constexpr DType kDTypeOf<std::int64_t> = DType::int64;
template <>
inline constexpr DType kDTypeOf<std::uint8_t> = DType::uint8;
template <>
inline constexpr DType kDTypeOf<std::uint16_t> = DType::uint16;
template <>
inline constexpr DType kDTypeOf<std::uint32_t> = DType::uint32;
template <>
inline constexpr DType kDTypeOf<std::uint64_t> = DType::uint64;
template <>
inline constexpr DType kDTypeOf<bool> = DType::boolean;

/// Default float type of new layers and inputs (Keras: `keras.config.floatx`), "float32" at start.
DType floatx();

/// @throws ValueError for a type that is not a float.
void set_floatx(DType dtype);

}  // namespace sepal
