// float16 and bfloat16 as storage: conversion to and from float, round to nearest even.
#pragma once

#include <bit>
#include <cstdint>

namespace sepal {

/// The upper half of a float32.
struct BFloat16 {
  std::uint16_t bits = 0;

  BFloat16() = default;
  explicit BFloat16(float value) {
    const auto u = std::bit_cast<std::uint32_t>(value);
    const bool is_nan = (u & 0x7FFFFFFFU) > 0x7F800000U;
    // A NaN keeps its sign and stays quiet; rounding could turn it into an infinity.
    bits = static_cast<std::uint16_t>(is_nan ? (u >> 16) | 0x40U : (u + 0x7FFFU + ((u >> 16) & 1U)) >> 16);
  }
  explicit operator float() const { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }
};

/// IEEE 754 binary16.
struct Half {
  std::uint16_t bits = 0;

  Half() = default;
  explicit Half(float value);
  explicit operator float() const;
};

}  // namespace sepal
