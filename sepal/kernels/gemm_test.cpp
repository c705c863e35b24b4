#include "sepal/kernels/gemm.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "sepal/kernels/matmul.h"
#include "sepal/kernels/onednn.h"
#include "tests/support/simd_targets.h"

namespace sepal::kernels {
namespace {

struct Sizes {
  std::int64_t m, n, k;
};

// Around the tiles (6 rows, two vectors), the blocks (256), and one by one.
constexpr Sizes kSizes[] = {{1, 1, 1},   {1, 40, 3},   {5, 1, 7},    {6, 32, 4},     {7, 33, 5},
                            {13, 17, 2}, {50, 9, 300}, {3, 300, 20}, {12, 260, 520}, {64, 64, 1}};

template <class T>
std::vector<T> whole_numbers(std::int64_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<T> values(static_cast<std::size_t>(count));
  for (T& value : values) value = static_cast<T>(static_cast<int>(random() % 7) - 3);
  return values;
}

template <class T>
T element(const StridedMatrix<const T>& matrix, std::int64_t i, std::int64_t j) {
  return matrix.data[i * matrix.row_stride + j * matrix.col_stride];
}

// a b, plus `before` where the product accumulates.
template <class T>
double expected(const GemmProblem<T>& problem, std::int64_t i, std::int64_t j, double before) {
  double sum = problem.accumulate ? before : 0;
  for (std::int64_t p = 0; p < problem.k; ++p) {
    sum += static_cast<double>(element(problem.a, i, p)) * static_cast<double>(element(problem.b, p, j));
  }
  return sum;
}

template <class T>
void expect_product(const Sizes& s, bool transpose_a, bool transpose_b, bool transpose_c, bool accumulate) {
  const std::vector<T> a = whole_numbers<T>(s.m * s.k, 1);
  const std::vector<T> b = whole_numbers<T>(s.k * s.n, 2);
  // Two columns more than c has, which must stay as they are.
  const std::int64_t lines = transpose_c ? s.n : s.m;
  const std::int64_t line = (transpose_c ? s.m : s.n) + 2;
  const std::vector<T> before = whole_numbers<T>(lines * line, 3);
  std::vector<T> c = before;
  GemmProblem<T> problem{s.m,       s.n, s.k, {a.data(), s.k, 1}, {b.data(), s.n, 1}, {c.data(), line, 1},
                         accumulate};
  if (transpose_a) problem.a = {a.data(), 1, s.m};
  if (transpose_b) problem.b = {b.data(), 1, s.k};
  if (transpose_c) problem.c = {c.data(), 1, line};
  gemm(problem);
  int wrong = 0;
  for (std::int64_t i = 0; i < s.m; ++i) {
    for (std::int64_t j = 0; j < s.n; ++j) {
      const std::int64_t at = i * problem.c.row_stride + j * problem.c.col_stride;
      const double want = expected(problem, i, j, static_cast<double>(before[static_cast<std::size_t>(at)]));
      wrong += static_cast<double>(c[static_cast<std::size_t>(at)]) != want;
    }
  }
  for (std::int64_t i = 0; i < lines; ++i) {
    for (std::int64_t j = line - 2; j < line; ++j) {
      const auto at = static_cast<std::size_t>(i * line + j);
      wrong += c[at] != before[at];
    }
  }
  EXPECT_EQ(wrong, 0) << "m " << s.m << " n " << s.n << " k " << s.k << " transposed " << transpose_a
                      << transpose_b << transpose_c << " accumulate " << accumulate;
}

TEST(Gemm, MultipliesEverySizeAndLayoutExactly) {
  sepal::testing::for_each_simd_target([] {
    for (const Sizes& sizes : kSizes) {
      for (unsigned flags = 0; flags < 16; ++flags) {
        const bool accumulate = (flags & 8) != 0;
        expect_product<float>(sizes, (flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0, accumulate);
        expect_product<double>(sizes, (flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0, accumulate);
      }
    }
  });
}

TEST(Gemm, ReadsColumnsAndRowsThatAreFarApart) {
  // Every second row and every third column of larger matrices; c is a column of a larger one.
  const std::vector<float> a = whole_numbers<float>(8 * 15, 4);
  const std::vector<float> b = whole_numbers<float>(10 * 12, 5);
  std::vector<float> c(4 * 7 * 5, -99);
  const GemmProblem<float> problem{4, 5, 5, {a.data(), 30, 3}, {b.data(), 24, 2}, {c.data(), 35, 7}, false};
  gemm(problem);
  for (std::int64_t i = 0; i < 4; ++i) {
    for (std::int64_t j = 0; j < 5; ++j)
      EXPECT_EQ(c[static_cast<std::size_t>(i * 35 + j * 7)], expected(problem, i, j, 0));
  }
  EXPECT_EQ(std::count(c.begin(), c.end(), -99.0F), 4 * 7 * 5 - 20);
}

TEST(Gemm, OfOneDnnAcceptsEveryLayoutOfAMatrix) {
  if (!onednn::matmul_refusal().empty()) GTEST_SKIP() << onednn::matmul_refusal();
  for (const Sizes& s : kSizes) {
    const std::vector<float> a = whole_numbers<float>(s.m * s.k, 1);
    const std::vector<float> b = whole_numbers<float>(s.k * s.n, 2);
    for (unsigned flags = 0; flags < 8; ++flags) {
      std::vector<float> c = whole_numbers<float>(s.m * s.n, 3);
      const std::vector<float> before = c;
      GemmProblem<float> problem{s.m,  s.n, s.k, {a.data(), s.k, 1}, {b.data(), s.n, 1}, {c.data(), s.n, 1},
                                 false};
      if ((flags & 1) != 0) problem.a = {a.data(), 1, s.m};
      if ((flags & 2) != 0) problem.b = {b.data(), 1, s.k};
      problem.accumulate = (flags & 4) != 0;
      onednn::gemm(problem);
      for (std::int64_t at = 0; at < s.m * s.n; ++at) {
        const auto i = static_cast<std::size_t>(at);
        ASSERT_EQ(c[i], expected(problem, at / s.n, at % s.n, static_cast<double>(before[i])))
            << "m " << s.m << " n " << s.n << " k " << s.k << " flags " << flags;
      }
    }
  }
}

TEST(Matmul, OfNothingIsTheBias) {
  std::vector<float> c(6, -1);
  const std::vector<float> bias{1, 2, 3};
  matmul<float>({.m = 2, .n = 3, .k = 0}, nullptr, nullptr, bias.data(), c.data(), gemm);
  EXPECT_EQ(c, (std::vector<float>{1, 2, 3, 1, 2, 3}));
  matmul<float>({.m = 2, .n = 3, .k = 0}, nullptr, nullptr, nullptr, c.data(), gemm);
  EXPECT_EQ(c, std::vector<float>(6, 0));
  matmul<float>({.m = 0, .n = 3, .k = 4}, nullptr, nullptr, bias.data(), nullptr, gemm);
}

}  // namespace
}  // namespace sepal::kernels
