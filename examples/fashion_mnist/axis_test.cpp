#include "examples/fashion_mnist/axis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fashion_mnist {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

TEST(RoundAxis, HoldsTheRangeBetweenRoundTicks) {
  const Axis axis = round_axis(0.23, 0.58, 4);
  EXPECT_THAT(axis.labels, ElementsAre("0.2", "0.3", "0.4", "0.5", "0.6"));
  EXPECT_THAT(axis.ticks, ElementsAre(DoubleNear(0.2, 1e-12), DoubleNear(0.3, 1e-12), DoubleNear(0.4, 1e-12),
                                      DoubleNear(0.5, 1e-12), DoubleNear(0.6, 1e-12)));
  EXPECT_NEAR(axis.position(0.4), 0.5, 1e-12);
}

TEST(RoundAxis, WritesQuarterStepsInFull) {
  EXPECT_THAT(round_axis(80.1, 89.9, 4).labels, ElementsAre("80.0", "82.5", "85.0", "87.5", "90.0"));
}

TEST(RoundAxis, AddsNoTickBeyondARangeThatEndsOnTicks) {
  EXPECT_THAT(round_axis(0.1, 0.3, 2).labels, ElementsAre("0.1", "0.2", "0.3"));
}

TEST(RoundAxis, CrossesZero) {
  EXPECT_THAT(round_axis(-3, 4, 4).labels, ElementsAre("-4", "-2", "0", "2", "4"));
}

TEST(RoundAxis, HandlesLargeAndSmallNumbers) {
  EXPECT_THAT(round_axis(0, 1e6, 2).labels, ElementsAre("0", "500000", "1000000"));
  EXPECT_THAT(round_axis(0, 4e-4, 4).labels, ElementsAre("0.0000", "0.0001", "0.0002", "0.0003", "0.0004"));
}

TEST(RoundAxis, WidensASingleValue) {
  const Axis axis = round_axis(0.5, 0.5, 4);
  EXPECT_LT(axis.low, 0.5);
  EXPECT_GT(axis.high, 0.5);
  EXPECT_GE(axis.ticks.size(), 3U);
}

TEST(CountingAxis, NumbersEachOfAFew) {
  EXPECT_THAT(counting_axis(5, 10).labels, ElementsAre("1", "2", "3", "4", "5"));
  EXPECT_NEAR(counting_axis(1, 10).position(1), 0.5, 1e-12);
}

TEST(CountingAxis, SkipsEvenlyAmongMany) {
  EXPECT_THAT(counting_axis(30, 6).labels, ElementsAre("5", "10", "15", "20", "25", "30"));
  EXPECT_THAT(counting_axis(24, 10).labels, ElementsAre("3", "6", "9", "12", "15", "18", "21", "24"));
}

}  // namespace
}  // namespace fashion_mnist
