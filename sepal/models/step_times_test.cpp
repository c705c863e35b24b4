#include "sepal/models/step_times.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sepal::frozen {
namespace {

using ::testing::HasSubstr;

TEST(StepTimes, KeepTheLeastOfEachStepAndSayHowFastItMultiplied) {
  StepTimes times({{"conv (1, 4): fused", 5'000'000}, {"add (1, 4): merge", 0}});
  times.add({1e-3, 5e-4});
  times.add({2e-3, 2.5e-4});
  const std::string text = times.str();
  EXPECT_THAT(text, HasSubstr("least times of 2 runs, 1250.0 us in all"));
  // 10 million operations in a millisecond.
  EXPECT_THAT(text, HasSubstr("1000.0 us  80.0 %    10.0 GFLOP/s  conv (1, 4): fused"));
  EXPECT_THAT(text, HasSubstr("250.0 us  20.0 %                  add (1, 4): merge"));
}

}  // namespace
}  // namespace sepal::frozen
