#include "sepal/ops/einsum.h"

#include <gtest/gtest.h>

#include "sepal/base/error.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using testing::expect_values;
using testing::ramp;
using testing::varied;

// Expected values are numpy.einsum's.
TEST(Einsum, MultipliesMatrices) {
  expect_values(ops::einsum("ij,jk->ik", {ramp({2, 3}), ramp({3, 2})}), {2, 2}, {22, 28, 49, 64});
  expect_values(ops::einsum("ij,jk", {ramp({2, 3}), ramp({3, 2})}), {2, 2}, {22, 28, 49, 64});
  expect_values(ops::einsum("ij,kj->ki", {ramp({2, 2}), ramp({1, 2})}), {1, 2}, {5, 11});
  expect_values(ops::einsum("bij,bjk->bik", {ramp({2, 1, 2}), ramp({2, 2, 1})}), {2, 1, 1}, {5, 25});
}

TEST(Einsum, SumsTransposesAndMultipliesElements) {
  expect_values(ops::einsum("ij->j", {ramp({2, 3})}), {3}, {5, 7, 9});
  expect_values(ops::einsum("ij->ji", {ramp({2, 3})}), {3, 2}, {1, 4, 2, 5, 3, 6});
  expect_values(ops::einsum("i,i->i", {ramp({3}), ramp({3})}), {3}, {1, 4, 9});
  expect_values(ops::einsum("i,j->ij", {ramp({2}), ramp({2})}), {2, 2}, {1, 2, 2, 4});
  expect_values(ops::einsum("i,i,i->", {ramp({2}), ramp({2}), ramp({2})}), {}, {9});
}

TEST(Einsum, BroadcastsLeadingAxes) {
  expect_values(ops::einsum("...yk,...kx->...yx", {ramp({2, 1, 2}), ramp({2, 1})}), {2, 1, 1}, {5, 11});
  expect_values(ops::einsum("...k,...k->...", {ramp({2, 2}), ramp({1, 2})}), {2}, {5, 11});
  EXPECT_EQ(ops::einsum_shape("...ij,jk->...ik", {{kNone, 4, 5}, {5, 6}}), (Shape{kNone, 4, 6}));
  EXPECT_EQ(ops::einsum_shape("bi,bi->b", {{kNone, 4}, {3, 4}}), (Shape{3}));
}

TEST(Einsum, HasTheDerivativesOfFiniteDifferences) {
  for (const char* subscripts : {"bij,bjk->bki", "bij,bkj->bik", "bij,ckj->i"}) {
    const auto f = [&](const Tensors& in) { return ops::einsum(subscripts, in); };
    testing::expect_gradients_match_finite_differences(f, {varied({2, 3, 3}, 1), varied({2, 3, 3}, 2)});
  }
}

TEST(Einsum, RefusesWhatDoesNotFit) {
  testing::expect_error<ValueError>(
      [] {
        (void)ops::einsum("ij,jk->ik", {ramp({2, 3}), ramp({2, 2})});
      },
      {"'j'", "3", "2"});
  testing::expect_error<ValueError>([] { (void)ops::einsum("ijk->i", {ramp({2, 3})}); }, {"(2, 3)"});
  testing::expect_error<ValueError>([] { (void)ops::einsum("ij->x", {ramp({2, 3})}); }, {"'x'"});
  testing::expect_error<UnimplementedError>([] { (void)ops::einsum("ii->i", {ramp({2, 2})}); }, {"twice"});
}

}  // namespace
}  // namespace sepal
