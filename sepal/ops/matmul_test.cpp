#include "sepal/ops/matmul.h"

#include <gtest/gtest.h>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/error.h"
#include "sepal/kernels/onednn.h"
#include "sepal/ops/array.h"
#include "sepal/ops/implementations.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"
#include "tests/support/thread_counts.h"

namespace sepal::ops {
namespace {

using testing::expect_error;
using testing::expect_gradients_match_finite_differences;
using testing::expect_same_bits;
using testing::expect_values;
using testing::ramp;
using testing::small_integers;
using testing::varied;

// The operand as it is stored when the product takes it transposed.
Tensor stored(std::int64_t rows, std::int64_t cols, bool transposed, unsigned seed, DType dtype) {
  return small_integers(transposed ? Shape{cols, rows} : Shape{rows, cols}, seed, dtype);
}

TEST(Matmul, MultipliesMatrices) {
  expect_values(matmul(ramp({2, 3}), ramp({3, 2})), {2, 2}, {22, 28, 49, 64});
}

TEST(Matmul, TransposesItsOperands) {
  const Tensor a = Tensor::from<double>({1, 4, 2, 5, 3, 6}, {3, 2});  // [[1 2 3] [4 5 6]] transposed
  const Tensor b = Tensor::from<double>({1, 3, 5, 2, 4, 6}, {2, 3});  // [[1 2] [3 4] [5 6]] transposed
  expect_values(matmul(a, ramp({3, 2}), true, false), {2, 2}, {22, 28, 49, 64});
  expect_values(matmul(ramp({2, 3}), b, false, true), {2, 2}, {22, 28, 49, 64});
  expect_values(matmul(a, b, true, true), {2, 2}, {22, 28, 49, 64});
}

TEST(Matmul, TakesLeadingAxesAsRows) {
  expect_values(matmul(ramp({2, 1, 2}), ramp({2, 3})), {2, 1, 3}, {9, 12, 15, 19, 26, 33});
  expect_values(matmul(ramp({2}), ramp({2, 3})), {3}, {9, 12, 15});
}

TEST(Matmul, OfNothingIsEmptyOrZero) {
  EXPECT_EQ(matmul(Tensor::zeros({0, 3}), Tensor::zeros({3, 2})).shape(), (Shape{0, 2}));
  expect_values(matmul(Tensor::zeros({2, 0}), Tensor::zeros({0, 2})), {2, 2}, {0, 0, 0, 0});
}

TEST(Matmul, HasTheGradientsOfFiniteDifferences) {
  for (const bool transpose_a : {false, true}) {
    for (const bool transpose_b : {false, true}) {
      const Tensor a = varied(transpose_a ? Shape{4, 3} : Shape{3, 4}, 1);
      const Tensor b = varied(transpose_b ? Shape{2, 4} : Shape{4, 2}, 2);
      expect_gradients_match_finite_differences(
          [=](const Tensors& x) { return matmul(x[0], x[1], transpose_a, transpose_b); }, {a, b});
    }
  }
  expect_gradients_match_finite_differences([](const Tensors& x) { return matmul(x[0], x[1]); },
                                            {varied({2, 3, 4}, 1), varied({4, 2}, 2)});
}

TEST(Matmul, CanBeDifferentiatedTwice) {
  expect_gradients_match_finite_differences(
      [](const Tensors& x) {
        GradientTape tape;
        tape.watch(x[0]);
        const Tensor y = matmul(matmul(x[0], x[1]), x[0], false, true);  // quadratic in x[0]
        return tape.gradient(y, {x[0]})[0];
      },
      {varied({2, 3, 4}, 1).reshaped({6, 4}), varied({4, 4}, 2)});
}

TEST(Matmul, ComputesOnlyTheGradientsThatAreAskedFor) {
  const Tensor a = varied({3, 4}, 1);
  const Tensor b = varied({4, 2}, 2);
  GradientTape tape;
  tape.watch(b);
  const Tensors gradients = tape.gradient(matmul(a, b), {a, b});
  expect_values(gradients[0], {3, 4}, std::vector<double>(12, 0.0));
  EXPECT_NE(gradients[1].at(0), 0);
}

TEST(Matmul, OfOneDnnIsThatOfTheReference) {
  if (!kernels::onednn::matmul_refusal().empty()) GTEST_SKIP() << kernels::onednn::matmul_refusal();
  struct Sizes {
    std::int64_t m, n, k;
  };
  for (const Sizes s :
       {Sizes{1, 1, 1}, {1, 70, 3}, {70, 1, 9}, {3, 5, 7}, {130, 70, 40}, {8, 6, 3000}, {500, 200, 64}}) {
    for (unsigned flags = 0; flags < 4; ++flags) {
      const bool transpose_a = (flags & 1) != 0;
      const bool transpose_b = (flags & 2) != 0;
      const Tensor a = stored(s.m, s.k, transpose_a, 1, DType::float32);
      const Tensor b = stored(s.k, s.n, transpose_b, 2, DType::float32);
      const auto run = [&](const char* implementation) {
        const ForceImplementation force(implementation);
        return matmul(a, b, transpose_a, transpose_b);
      };
      expect_same_bits(run("onednn"), run("reference"));
    }
  }
}

TEST(Matmul, HasTheSameBitsForAnyThreadCount) {
  struct Sizes {
    std::int64_t m, n, k;
  };
  for (const DType dtype : {DType::float32, DType::float64}) {
    for (const Sizes s : {Sizes{500, 130, 70}, {3, 900, 700}, {20, 30, 20000}}) {
      const Tensor a = varied({s.m, s.k}, 1, dtype);
      const Tensor b = varied({s.k, s.n}, 2, dtype);
      testing::expect_same_bits_for_any_thread_count([&] { return Tensors{matmul(a, b)}; });
      const ForceImplementation force("reference");
      testing::expect_same_bits_for_any_thread_count([&] { return Tensors{matmul(a, b)}; });
    }
  }
}

TEST(Matmul, RefusesOtherShapesAndDTypes) {
  expect_error<ValueError>(
      [] {
        (void)matmul(Tensor::zeros({2, 3}), Tensor::zeros({4, 2}));
      },
      {"3 and 4", "(2, 3)", "(4, 2)"});
  expect_error<ValueError>(
      [] {
        (void)matmul(Tensor::zeros({2, 3}), Tensor::zeros({3}));
      },
      {"matrix", "`b`", "(3,)"});
  expect_error<ValueError>([] { (void)matmul(Tensor::scalar(1), Tensor::zeros({3, 2})); }, {"()"});
  expect_error<ValueError>(
      [] {
        (void)matmul(Tensor::zeros({2, 2, 3}), Tensor::zeros({2, 2}), true);
      },
      {"(2, 2, 3)"});
  expect_error<TypeError>(
      [] {
        (void)matmul(Tensor::zeros({2, 3}), Tensor::zeros({3, 2}, DType::float64));
      },
      {"float32", "float64"});
  expect_error<TypeError>(
      [] {
        (void)matmul(Tensor::zeros({2, 3}, DType::int32), Tensor::zeros({3, 2}, DType::int32));
      },
      {"int32"});
}

TEST(Dense, AddsTheBias) {
  const Tensor bias = Tensor::from<double>({100, 200, 300}, {3});
  expect_values(dense(ramp({2, 1, 2}), ramp({2, 3}), bias), {2, 1, 3}, {109, 212, 315, 119, 226, 333});
  expect_values(dense(ramp({1, 2}), ramp({2, 3}), Tensor()), {1, 3}, {9, 12, 15});
}

TEST(Dense, AddsTheBiasOnceToLongContractions) {
  const Tensor x = Tensor::ones({2, 20000});
  const Tensor y = dense(x, Tensor::ones({20000, 3}), Tensor::from<float>({1, 2, 3}, {3}));
  expect_values(y, {2, 3}, {20001, 20002, 20003, 20001, 20002, 20003});
}

TEST(Dense, HasTheGradientsOfFiniteDifferences) {
  const auto f = [](const Tensors& x) { return dense(x[0], x[1], x[2]); };
  expect_gradients_match_finite_differences(f, {varied({3, 4}, 1), varied({4, 2}, 2), varied({2}, 3)});
  expect_gradients_match_finite_differences(f, {varied({2, 3, 4}, 1), varied({4, 5}, 2), varied({5}, 3)});
}

TEST(Dense, CanBeDifferentiatedTwice) {
  expect_gradients_match_finite_differences(
      [](const Tensors& x) {
        GradientTape tape;
        tape.watch(x[1]);
        tape.watch(x[2]);
        const Tensor hidden = dense(x[0], x[1], x[2]);
        const Tensor y = matmul(hidden, hidden, true);
        const Tensors gradients = tape.gradient(y, {x[1], x[2]});
        return matmul(gradients[0], reshape(gradients[1], {2, 1}));
      },
      {varied({3, 4}, 1), varied({4, 2}, 2), varied({2}, 3)}, 1e-5);
}

TEST(Dense, RefusesABiasOfAnotherLength) {
  expect_error<ValueError>(
      [] {
        (void)dense(Tensor::zeros({2, 3}), Tensor::zeros({3, 2}), Tensor::zeros({3}));
      },
      {"`bias`", "(2,)", "(3,)"});
  expect_error<ValueError>(
      [] {
        (void)dense(Tensor::zeros({2, 3}), Tensor::zeros({4, 2}), Tensor());
      },
      {"dense", "3 and 4"});
}

}  // namespace
}  // namespace sepal::ops
