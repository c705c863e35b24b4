#include "sepal/base/half.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "sepal/base/tensor.h"

namespace sepal {
namespace {

// The value of a float16's bits by the definition of IEEE 754; infinities as 2^16.
double value_of_half(std::uint32_t magnitude) {
  const int exponent = static_cast<int>(magnitude >> 10);
  const auto fraction = static_cast<double>(magnitude & 0x3FFU);
  return exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(fraction + 1024.0, exponent - 25);
}

constexpr std::uint16_t kHalfInfinity = 0x7C00;

TEST(Half, HasTheValueOfItsBits) {
  for (std::uint16_t bits = 0; bits < kHalfInfinity; ++bits) {
    Half half;
    half.bits = bits;
    const float value = static_cast<float>(half);
    ASSERT_EQ(value, value_of_half(bits)) << bits;
    half.bits = static_cast<std::uint16_t>(bits | 0x8000U);
    ASSERT_EQ(static_cast<float>(half), -value);
    ASSERT_TRUE(std::signbit(static_cast<float>(half)));
  }
}

TEST(Half, RoundsToTheNearestAndTiesToEven) {
  for (std::uint16_t bits = 0; bits < kHalfInfinity; ++bits) {
    const double below = value_of_half(bits);
    const double above = value_of_half(bits + 1U);
    const auto middle = static_cast<float>((below + above) / 2);
    ASSERT_EQ(middle, (below + above) / 2);
    const std::uint16_t upper = bits + 1;
    ASSERT_EQ(Half(static_cast<float>(below)).bits, bits);
    ASSERT_EQ(Half(std::nextafter(middle, 0.0F)).bits, bits);
    ASSERT_EQ(Half(std::nextafter(middle, 1e9F)).bits, upper);
    ASSERT_EQ(Half(middle).bits, bits % 2 == 0 ? bits : upper);
    ASSERT_EQ(Half(-middle).bits, 0x8000U | Half(middle).bits);
  }
}

TEST(Half, KeepsInfinitiesAndNaN) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(Half(kInfinity).bits, kHalfInfinity);
  EXPECT_EQ(Half(1e30F).bits, kHalfInfinity);
  EXPECT_EQ(static_cast<float>(Half(-kInfinity)), -kInfinity);
  EXPECT_TRUE(std::isnan(static_cast<float>(Half(std::nanf("")))));
  EXPECT_TRUE(std::isnan(static_cast<float>(BFloat16(std::nanf("")))));
  EXPECT_EQ(static_cast<float>(BFloat16(kInfinity)), kInfinity);
  EXPECT_EQ(static_cast<float>(BFloat16(-std::numeric_limits<float>::max())), -kInfinity);
}

TEST(BFloat16, RoundsToTheNearestAndTiesToEven) {
  // Eight bits of significand: neighbours of 1 are 2^-7 apart.
  EXPECT_EQ(static_cast<float>(BFloat16(1.0F + 0x1p-8F)), 1.0F);
  EXPECT_EQ(static_cast<float>(BFloat16(1.0F + 0x3p-8F)), 1.0F + 0x2p-7F);
  EXPECT_EQ(static_cast<float>(BFloat16(1.0F + 0x1p-8F + 0x1p-20F)), 1.0F + 0x1p-7F);
  EXPECT_EQ(static_cast<float>(BFloat16(-1.0F - 0x1p-8F)), -1.0F);
  EXPECT_EQ(static_cast<float>(BFloat16(0x1p-133F)), 0x1p-133F);
  EXPECT_EQ(static_cast<float>(BFloat16(0x1p-140F)), 0.0F);
}

TEST(Tensor, ConvertsManyNumbersAsOne) {
  constexpr std::int64_t kCount = 100000;
  Tensor x({kCount});
  for (std::int64_t i = 0; i < kCount; ++i) x.mutable_data<float>()[i] = 0.37F * static_cast<float>(i);
  for (const DType dtype : {DType::float16, DType::bfloat16}) {
    const Tensor half = x.astype(dtype);
    const Tensor back = half.astype(DType::float32);
    for (std::int64_t i = 0; i < kCount; ++i) {
      const float v = x.data<float>()[i];
      const float wanted =
          dtype == DType::float16 ? static_cast<float>(Half(v)) : static_cast<float>(BFloat16(v));
      ASSERT_EQ(back.data<float>()[i], wanted);
    }
  }
}

}  // namespace
}  // namespace sepal
