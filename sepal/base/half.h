// float16 and bfloat16 as storage: conversion to and from float, round to nearest even. Written without
// branches, so that the compiler vectorises a loop of conversions.
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
  explicit Half(float value) {
    const auto u = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t sign = (u >> 16) & 0x8000U;
    const std::uint32_t magnitude = u & 0x7FFFFFFFU;
    const std::uint32_t rounded = (magnitude + 0xFFFU + ((magnitude >> 13) & 1U) - 0x38000000U) >> 13;
    // Below 2^-14 the result is a multiple of 2^-24, which is the last digit of floats from 0.5 to 1.
    const float shifted = std::bit_cast<float>(magnitude) + 0.5F;
    const std::uint32_t subnormal = std::bit_cast<std::uint32_t>(shifted) - 0x3F000000U;
    std::uint32_t result = magnitude < 0x38800000U ? subnormal : rounded;
    result = magnitude >= 0x477FF000U ? 0x7C00U : result;  // rounds to 2^16 or more: infinity
    result = magnitude > 0x7F800000U ? 0x7E00U : result;   // NaN
    bits = static_cast<std::uint16_t>(sign | result);
  }
  explicit operator float() const {
    const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000U) << 16;
    const std::uint32_t magnitude = static_cast<std::uint32_t>(bits & 0x7FFFU) << 13;
    // The exponents' zeros differ by 112. The product is exact, also where the result was subnormal.
    const float scaled = std::bit_cast<float>(magnitude) * 0x1p112F;
    const std::uint32_t finite = std::bit_cast<std::uint32_t>(scaled);
    return std::bit_cast<float>(sign | (magnitude >= 0x0F800000U ? magnitude | 0x7F800000U : finite));
  }
};

}  // namespace sepal
