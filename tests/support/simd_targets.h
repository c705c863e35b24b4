// Runs a test body once for every SIMD target that was compiled and that this machine can run.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>

#include "hwy/highway.h"
#include "hwy/targets.h"

namespace sepal::testing {

inline void for_each_simd_target(const std::function<void()>& body) {
  const std::int64_t supported = hwy::SupportedTargets() & HWY_TARGETS;
  for (std::int64_t left = supported; left != 0; left &= left - 1) {
    const std::int64_t target = left & -left;
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    body();
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

}  // namespace sepal::testing
