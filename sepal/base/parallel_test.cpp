#include "sepal/base/parallel.h"

#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

#include "sepal/base/error.h"
#include "tests/support/error_text.h"

namespace sepal {
namespace {

class Parallel : public ::testing::TestWithParam<int> {
 protected:
  void SetUp() override { set_num_threads(GetParam()); }
  void TearDown() override { set_num_threads(before_); }

 private:
  int before_ = num_threads();
};

TEST_P(Parallel, RunsEveryPartOnce) {
  std::vector<std::atomic<int>> runs(100);
  parallel_parts(100, [&](std::int64_t part) { ++runs[static_cast<std::size_t>(part)]; });
  for (const std::atomic<int>& count : runs) EXPECT_EQ(count, 1);
  parallel_parts(0, [](std::int64_t) { FAIL() << "there is no part"; });
}

TEST_P(Parallel, CoversARangeWithRanges) {
  std::vector<std::atomic<int>> runs(1001);
  parallel_for(1001, 10, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) ++runs[static_cast<std::size_t>(i)];
  });
  for (const std::atomic<int>& count : runs) EXPECT_EQ(count, 1);
  parallel_for(0, 10, [](std::int64_t, std::int64_t) { FAIL() << "there is nothing"; });
}

TEST_P(Parallel, ThrowsWhatTheLowestFailingPartThrew) {
  const auto fail_in = [](std::initializer_list<std::int64_t> parts) {
    parallel_parts(20, [&](std::int64_t part) {
      for (const std::int64_t failing : parts) {
        if (part == failing) throw ValueError("part " + std::to_string(part));
      }
    });
  };
  EXPECT_EQ(testing::error_text<ValueError>([&] { fail_in({17, 3, 9}); }), "part 3");
}

TEST_P(Parallel, ShowsLibrariesOneThreadInsideOfEveryPart) {
  const int outside = omp_get_max_threads();
  for (const std::int64_t parts : {1, 5}) {
    std::atomic<int> most = 0;
    parallel_parts(parts, [&](std::int64_t) { most = std::max(most.load(), omp_get_max_threads()); });
    EXPECT_EQ(most, 1);
    EXPECT_EQ(omp_get_max_threads(), outside);
  }
}

TEST_P(Parallel, RunsInnerPartsOneAfterAnother) {
  std::atomic<int> out_of_order = 0;
  parallel_parts(4, [&](std::int64_t) {
    std::int64_t next = 0;
    parallel_parts(10, [&](std::int64_t part) { out_of_order += part != next++; });
  });
  EXPECT_EQ(out_of_order, 0);
}

TEST_P(Parallel, ServesSeveralCallersAtOnce) {
  constexpr std::int64_t kParts = 50, kRounds = 40;
  std::vector<std::int64_t> sums(4);
  std::vector<std::thread> callers;
  for (std::int64_t& sum : sums) {
    callers.emplace_back([&sum] {
      for (std::int64_t round = 0; round < kRounds; ++round) {
        std::vector<std::int64_t> results(kParts);
        parallel_parts(kParts, [&](std::int64_t part) { results[static_cast<std::size_t>(part)] = part; });
        for (const std::int64_t result : results) sum += result;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  for (const std::int64_t sum : sums) EXPECT_EQ(sum, kRounds * kParts * (kParts - 1) / 2);
}

INSTANTIATE_TEST_SUITE_P(Threads, Parallel, ::testing::Values(1, 2, 3, 8));

TEST(NumThreads, RefusesNoThreads) {
  testing::expect_error<ValueError>([] { set_num_threads(0); }, {"threads=0"});
}

}  // namespace
}  // namespace sepal
